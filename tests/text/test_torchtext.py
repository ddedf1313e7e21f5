"""workshop.text gives what torchtext 0.18.0 gives, and says clearly what it does not take.

The same questions (torchtext_cases.py) go to workshop.text and, where it is installed, to the real
torchtext beside it; everywhere the answers are compared with those that the real one gave when
golden/make_torchtext.py was run.
"""

import copy
import gzip
import importlib
import json
import logging
import pickle
import ssl
import subprocess
import sys
import types
import warnings
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torchtext_cases as cases
from torch import nn

import workshop.text as torchtext
from workshop.core import data
from workshop.text import functional as F
from workshop.text import transforms
from workshop.text.data.utils import get_tokenizer
from workshop.text.vectors import read_vectors
from workshop.text.vocab import GloVe, Vectors, Vocab, build_vocab_from_iterator, vocab

GOLDEN = Path(__file__).parents[1] / "golden" / "torchtext.json.gz"
GROUPS = {
    "strings": cases.STRINGS,
    "vocabularies": cases.VOCABULARIES,
    "transforms": cases.TRANSFORMS,
}


@pytest.fixture(scope="module")
def golden():
    return json.loads(gzip.decompress(GOLDEN.read_bytes()))


@pytest.fixture(scope="module")
def real():
    """The real torchtext, which runs with torch 2.3 alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that it has ended
            module = importlib.import_module("torchtext")
            from torchtext import data, transforms, vocab
    except (ImportError, OSError) as error:
        need = 'pip install ".[torchtext]" with Python 3.10 to 3.12'
        pytest.skip(f"torchtext is not here ({error}): {need}")
    assert module.__version__.startswith("0.18.0")
    return SimpleNamespace(
        get_tokenizer=data.get_tokenizer,
        vocab=vocab.vocab,
        build_vocab_from_iterator=vocab.build_vocab_from_iterator,
        transforms=transforms,
        Vectors=vocab.Vectors,
    )


# --- as torchtext --------------------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_is_the_one_that_torchtext_gave(golden, group):
    answers = list(cases.questions(torchtext)[group])
    digests, readable = golden[group]["digests"], golden[group]["readable"]
    assert len(answers) == len(digests) / 8 == GROUPS[group]
    for number, expected in readable.items():  # first, since here the difference is seen
        assert (number, answers[int(number)]) == (number, expected)
    different = [
        number
        for number, answer in enumerate(answers)
        if cases.digest(answer) != digests[8 * number : 8 * number + 8]
    ]
    assert different == []


@pytest.mark.filterwarnings("ignore:The inner type of a container is lost")
@pytest.mark.parametrize("group", GROUPS)
def test_side_by_side_with_the_real_torchtext(real, group):
    pairs = zip(cases.questions(torchtext)[group], cases.questions(real)[group], strict=True)
    asked = 0
    for number, (ours, theirs) in enumerate(pairs):
        assert (number, ours) == (number, theirs)
        asked += 1
    assert asked == GROUPS[group]


def test_the_golden_answers_are_of_torchtext_0_18_0_and_small(golden):
    assert golden["made_with"]["torchtext"] == "0.18.0"
    assert golden["made_with"]["torch"].startswith("2.3.1")
    assert GOLDEN.stat().st_size < 200_000


def test_the_questions_are_many_and_hit_what_is_hard():
    texts = cases.strings()
    assert len(texts) == cases.STRINGS >= 20_000
    assert cases.VOCABULARIES >= 300
    assert len(set(texts)) > 23_000
    assert sum("<br />" in text.lower().replace('"', "") for text in texts) > 100
    assert sum(text.isascii() for text in texts) > 5000
    assert sum(any("\ud800" <= c <= "\udfff" for c in text) for text in texts) > 500


def test_a_digest_sees_a_difference_in_any_token():
    assert cases.digest([["a"], ["b"]]) != cases.digest([["a", "b"], []])
    assert cases.digest([True]) != cases.digest([1])
    assert cases.digest(["é"]) != cases.digest(["e\u0301"])


# --- the names -----------------------------------------------------------------------------------


def test_names_are_where_torchtext_has_them():
    assert torchtext.data.get_tokenizer is torchtext.data.utils.get_tokenizer is get_tokenizer
    assert torchtext.vocab.Vocab is torchtext.Vocab is Vocab
    assert torchtext.vocab.build_vocab_from_iterator is torchtext.build_vocab_from_iterator
    assert torchtext.vocab.GloVe is torchtext.GloVe
    assert torchtext.transforms.ToTensor is torchtext.ToTensor
    assert torchtext.functional.to_tensor is F.to_tensor
    assert torchtext.disable_torchtext_deprecation_warning() is None
    for module in (torchtext, torchtext.transforms, torchtext.vocab, torchtext.functional):
        assert all(hasattr(module, name) for name in module.__all__)


def test_vocab_is_a_module_that_can_be_called():
    assert isinstance(torchtext.vocab, types.ModuleType)
    assert torchtext.vocab.vocab is vocab
    assert torchtext.vocab({"a": 2, "b": 1}, min_freq=2).get_itos() == ["a"]


def test_importing_it_brings_torch_and_no_library_for_text():
    code = (
        "import sys, workshop.text; print([name for name in ('torchtext', 'torchvision', 'sklearn',"
        " 'matplotlib', 'spacy', 'nltk', 'sacremoses', 'revtok') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


# --- tokenizers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("You can now install TorchText!", ["you", "can", "now", "install", "torchtext", "!"]),
        (
            'Don\'t (stop). "Now"; go: on?',
            ["don", "'", "t", "(", "stop", ")", ".", "now", "go", "on", "?"],
        ),
        ("a<br />b <BR />c<br/>", ["a", "b", "c<br/>"]),
        ('a<br" />b', ["a", "b"]),
        ("a\x1cb\xa0c\u200bd\x00e", ["a", "b", "c\u200bd\x00e"]),
        ("ΟΔΟΣ İ ẞ", ["οδος", "i̇", "ß"]),
        ("\ud800 x", ["\ud800", "x"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_basic_english(text, tokens):
    assert get_tokenizer("basic_english")(text) == tokens


def test_none_cuts_at_white_space_and_a_function_is_given_back():
    assert get_tokenizer(None)(" A  b\tc. ") == ["A", "b", "c."]
    assert get_tokenizer(str.split) is str.split
    assert get_tokenizer(len, language="de") is len


@pytest.mark.parametrize("name", [None, "basic_english"])
def test_tokenizers_can_be_pickled(name):
    tokenizer = get_tokenizer(name)
    assert pickle.loads(pickle.dumps(tokenizer)) is tokenizer


def test_basic_english_is_english():
    with pytest.raises(ValueError, match=r"^basic_english is for English: got language='de'"):
        get_tokenizer("basic_english", language="de")


@pytest.mark.parametrize("name", ["basic", "", 1, 2.5, ["spacy"], b"spacy"])
def test_an_unknown_tokenizer_is_told_what_there_is(name):
    with pytest.raises(
        ValueError, match=r'expected None, a function, or one of "basic_english", "sp'
    ):
        get_tokenizer(name)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("spacy", "spacy"),
        ("moses", "sacremoses"),
        ("toktok", "nltk"),
        ("revtok", "revtok"),
        ("subword", "revtok"),
    ],
)
def test_a_library_that_is_missing_is_named_with_what_installs_it(monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(ModuleNotFoundError) as raised:
        get_tokenizer(name)
    assert f"uses the package {package}, which cannot be imported" in str(raised.value)
    assert str(raised.value).endswith(f"python -m pip install {package}")


def fake(monkeypatch, name, **contents):
    """Put a module into sys.modules, with those above it."""
    module = types.ModuleType(name)
    vars(module).update(contents)
    for end in range(1, name.count(".") + 1):
        above = ".".join(name.split(".")[:end])
        monkeypatch.setitem(sys.modules, above, types.ModuleType(above))
    monkeypatch.setitem(sys.modules, name, module)


def test_tokenizers_of_libraries_are_called_as_torchtext_calls_them(monkeypatch):
    class Tokenizer:
        def tokenize(self, text):
            return ["tokenize", text]

    def revtok(text, decap=False):
        return ["revtok", text, decap]

    fake(monkeypatch, "sacremoses", MosesTokenizer=Tokenizer)
    fake(monkeypatch, "nltk.tokenize.toktok", ToktokTokenizer=Tokenizer)
    fake(monkeypatch, "revtok", tokenize=revtok)
    assert get_tokenizer("moses")("a") == get_tokenizer("toktok")("a") == ["tokenize", "a"]
    assert get_tokenizer("revtok")("a") == ["revtok", "a", False]
    assert get_tokenizer("subword")("a") == ["revtok", "a", True]


@pytest.fixture
def spacy(monkeypatch):
    def load(name):
        if name != "en_core_web_sm":
            raise OSError("E050")
        words = lambda text: [SimpleNamespace(text=word) for word in text.split()]  # noqa: E731
        return SimpleNamespace(tokenizer=words)

    short = SimpleNamespace(OLD_MODEL_SHORTCUTS={"en": "en_core_web_sm", "de": "de_core_news_sm"})
    fake(monkeypatch, "spacy", load=load, errors=short)


def test_spacy_has_full_and_short_names_of_models(spacy):
    assert get_tokenizer("spacy", "en_core_web_sm")("a b") == ["a", "b"]
    with pytest.warns(UserWarning, match=r"^spaCy has no model 'en'; taking 'en_core_web_sm'$"):
        assert get_tokenizer("spacy")("a b") == ["a", "b"]


def test_a_model_that_spacy_does_not_have_is_named_with_what_brings_it(spacy):
    with pytest.raises(OSError, match=r"no model 'xx' .*: python -m spacy download xx$"):
        get_tokenizer("spacy", "xx")
    with (
        pytest.warns(UserWarning, match="'de'"),
        pytest.raises(OSError, match=r"download de_core_news_sm$"),
    ):
        get_tokenizer("spacy", "de")


# --- Vocab ---------------------------------------------------------------------------------------


def abc(**options):
    return vocab(OrderedDict(a=3, b=2, c=1), **options)


def test_an_unknown_token_raises_until_there_is_a_default_index():
    v = abc(specials=["<unk>"])
    with pytest.raises(
        RuntimeError, match=r"^Token 'z' not found and default index is not set\. Giv"
    ):
        v["z"]
    with pytest.raises(RuntimeError, match=r"Token 'z' not found"):
        v(["a", "z"])
    assert v.get_default_index() is None
    v.set_default_index(v["<unk>"])
    assert (v["z"], v(["a", "z"]), v.get_default_index()) == (0, [1, 0], 0)
    assert "z" not in v
    v.set_default_index(-1)  # any number will do
    assert v["z"] == -1
    v.set_default_index(None)
    with pytest.raises(RuntimeError, match=r"Token 'z' not found"):
        v["z"]


def test_a_token_that_is_inserted_moves_the_others_but_not_the_default_index():
    v = abc()
    v.set_default_index(1)
    v.insert_token("z", 1)
    assert v.get_itos() == ["a", "z", "b", "c"]
    assert v.get_stoi() == {"a": 0, "z": 1, "b": 2, "c": 3}
    assert v.get_default_index() == 1
    v.insert_token("end", 4)
    v.append_token("")
    assert v.lookup_tokens([4, 5]) == ["end", ""]
    assert len(v) == 6


def test_errors_of_places_and_of_tokens_that_are_there_already():
    v = abc()
    for index in (-1, 3):
        message = (
            rf"^Specified index {index} is out of bounds for vocab of size 3: expected 0 to 2$"
        )
        with pytest.raises(RuntimeError, match=message):
            v.lookup_token(index)
    with pytest.raises(RuntimeError, match=r"^Specified index 9 at position 1 is out of bounds"):
        v.lookup_tokens([0, 9])
    with pytest.raises(RuntimeError, match=r"index 4 is out .*: a new token goes to 0 to 3$"):
        v.insert_token("z", 4)
    message = r"^Token 'b' already exists in the Vocab with index: 1$"
    with pytest.raises(RuntimeError, match=message):
        v.insert_token("b", 0)
    with pytest.raises(RuntimeError, match=message):
        v.append_token("b")
    with pytest.raises(
        RuntimeError, match=r"^Duplicate token found in tokens list: 'x', at 0 and at 1"
    ):
        abc(specials=["x", "x"])
    assert v.get_itos() == ["a", "b", "c"]  # none of it left a trace


def test_what_is_no_token_and_no_index_is_refused_with_got_and_expected():
    v = abc()
    v.set_default_index(0)
    for wrong in (0, None, b"a", ["a"], 1.5):
        for look_up in (v.__getitem__, v.__contains__, lambda token: v([token])):
            with pytest.raises(TypeError, match=r"^got .*, expected a token \(str\)$"):
                look_up(wrong)
    for wrong in ("ab", ("a",), {"a"}, None, (token for token in "a"), np.array(["a"])):
        with pytest.raises(TypeError, match=r"^got .*, expected a list of tokens"):
            v(wrong)
    for wrong in (1.0, np.float64(1), "1", [1], 2**63, -(2**63) - 1, 1j, torch.tensor([1, 2])):
        for use in (v.lookup_token, v.set_default_index, lambda i: v.insert_token("z", i)):
            with pytest.raises(TypeError, match=r"expected an index \(int of 64 bits\)$"):
                use(wrong)
    for wrong in ("01", {0: 0}, {0}, None, (i for i in [0])):
        with pytest.raises(TypeError, match=r"^got .*, expected a list of indices$"):
            v.lookup_tokens(wrong)
    with pytest.raises(TypeError, match=r"expected a list of indices: call \.tolist\(\) on it$"):
        v.lookup_tokens(torch.tensor([0, 1]))
    with pytest.raises(TypeError, match=r"expected a list of tokens: cut it up with a tokenizer$"):
        v.lookup_indices("a b")


def test_what_may_stand_for_an_index():
    v = abc()
    assert v.lookup_tokens((0, True, np.int64(2))) == ["a", "b", "c"]
    assert v.lookup_tokens(range(2)) == v.lookup_tokens(np.array([0, 1])) == ["a", "b"]
    assert v.lookup_token(torch.tensor(1)) == v.lookup_token(torch.tensor(1.0)) == "b"
    v.set_default_index(np.int32(2))
    assert v["z"] == 2
    assert type(v["z"]) is int


def test_text_that_is_no_unicode_can_be_looked_up_but_not_put_in():
    """In torchtext looking one up ends the process."""
    v = abc()
    assert "\ud800" not in v
    with pytest.raises(RuntimeError, match=r"^Token '\\ud800' not found"):
        v["\ud800"]
    v.set_default_index(1)
    assert v(["a", "\ud800"]) == [0, 1]
    for put in (
        v.append_token,
        lambda token: v.insert_token(token, 0),
        lambda token: Vocab([token]),
    ):
        with pytest.raises(
            TypeError, match=r"^got token '\\ud800', expected text that is valid Uni"
        ):
            put("\ud800")


def test_tokens_are_kept_as_plain_str_and_bytes_are_read_as_utf_8():
    v = Vocab([np.str_("a"), "é".encode()])
    assert v.get_itos() == ["a", "é"]
    assert {type(token) for token in v.get_itos()} == {str}
    assert v[np.str_("a")] == 0
    v.append_token("e\u0301")  # not the same as é: nothing is normalised
    assert len(v) == 3


def test_lists_and_dicts_that_are_given_out_are_the_callers_own():
    v = abc()
    v.get_itos().append("z")
    v.get_stoi()["z"] = 3
    assert (len(v), "z" in v) == (3, False)


def test_it_is_a_module_without_parameters():
    v = abc()
    assert isinstance(v, nn.Module)
    assert list(v.parameters()) == []
    assert v.state_dict() == {}
    assert repr(v) == "Vocab()"
    assert not vocab({})  # no token: len is 0
    with pytest.raises(TypeError):
        iter(v).__next__()


def test_copies_and_pickles():
    v = abc()
    v.set_default_index(2)
    for other in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        other.append_token("z")
        assert other.get_itos() == ["a", "b", "c", "z"]
        assert other["?"] == 2
        assert len(v) == 3
    copy.copy(v).append_token("z")  # a shallow copy shares the table, as in torchtext
    assert len(v) == 4
    assert Vocab(v)["z"] == 3
    assert (v.vocab.itos_, v.vocab.default_index_) == (["a", "b", "c", "z"], 2)


def test_torch_saves_it_and_loads_it_without_trusting_the_file(tmp_path):
    v = abc()
    v.set_default_index(2)
    torch.save(v, tmp_path / "v.pt")
    trust = {} if hasattr(torch.serialization, "add_safe_globals") else {"weights_only": False}
    loaded = torch.load(tmp_path / "v.pt", **({"weights_only": True} | trust))
    assert loaded.get_itos() == v.get_itos()
    assert loaded["?"] == 2
    assert loaded(["c"]) == [2]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="TorchScript ends with Python 3.13")
@pytest.mark.filterwarnings("ignore:`torch.jit:Warning")  # and is deprecated before
def test_torch_jit_script_compiles_a_copy_of_it(tmp_path):
    v = abc()
    v.set_default_index(1)
    scripted = torch.jit.script(v)
    assert (v.is_jitable, v.__prepare_scriptable__().is_jitable) == (False, True)
    scripted.insert_token("z", 0)
    scripted.append_token("y")
    assert (scripted.get_itos(), v.get_itos()) == (["z", "a", "b", "c", "y"], ["a", "b", "c"])
    assert scripted.get_stoi() == {token: index for index, token in enumerate(scripted.get_itos())}
    assert (scripted(["a", "?"]), scripted["y"], "?" in scripted, len(scripted)) == (
        [1, 1],
        4,
        False,
        5,
    )
    assert scripted.lookup_tokens([4, 0]) == ["y", "z"]
    assert scripted.get_default_index() == 1
    scripted.set_default_index(None)
    for wrong, message in (
        (lambda: scripted["?"], r"Token \? not found and default index is not set"),
        (lambda: scripted.append_token("z"), "Token z already exists in the Vocab"),
        (lambda: scripted.insert_token("x", 6), "Index 6 is out of bounds for vocab of size 5"),
        (lambda: scripted.lookup_token(5), "Index 5 is out of bounds for vocab of size 5"),
    ):
        with pytest.raises(torch.jit.Error, match=message):
            wrong()
    assert torch.jit.script(vocab({}))([]) == []


def test_ten_thousand_tokens_and_a_sentence_of_unknown_words():
    v = build_vocab_from_iterator([[f"w{i}" for i in range(10_000)]], specials=["<unk>"])
    v.set_default_index(0)
    tokens = v.get_itos()
    assert v.lookup_tokens(v(tokens)) == tokens
    assert v(["no", "such", "words", "at", "all"]) == [0] * 5
    assert v([]) == []


# --- vocab, build_vocab_from_iterator ------------------------------------------------------------


def test_vocab_keeps_the_order_of_the_dict_and_takes_the_specials_out_of_it():
    counts = OrderedDict(b=1, a=5, c=2)
    assert vocab(counts, min_freq=2).get_itos() == ["a", "c"]
    assert vocab(counts, specials=["<unk>", "a"]).get_itos() == ["<unk>", "a", "b", "c"]
    assert list(counts) == ["b", "c"]
    assert vocab(counts, specials=("z",), special_first=False).get_itos() == ["b", "c", "z"]


def test_build_vocab_sorts_by_count_then_by_the_alphabet():
    texts = [["b", "a", "c"], ["c", "b"], ["Z"]]
    assert build_vocab_from_iterator(texts).get_itos() == ["b", "c", "Z", "a"]
    assert build_vocab_from_iterator(iter(texts), min_freq=2).get_itos() == ["b", "c"]
    assert build_vocab_from_iterator([]).get_itos() == []
    assert build_vocab_from_iterator(["hello"]).get_itos() == ["l", "e", "h", "o"]


def test_max_tokens_counts_the_specials_and_must_leave_a_place():
    texts = [["b", "a", "c"], ["c", "b"]]
    build = build_vocab_from_iterator
    assert build(texts, specials=["<unk>"], max_tokens=2).get_itos() == ["<unk>", "b"]
    assert build(texts, specials=["b"], max_tokens=3).get_itos() == ["b", "c"]
    message = r"^len\(specials\) >= max_tokens: got max_tokens=1 and 1 specials"
    with pytest.raises(AssertionError, match=message):
        build(texts, specials=["<unk>"], max_tokens=1)


def test_texts_of_something_else_than_str_are_refused():
    for texts in ([[1, 2]], [[None]], [["a"], [1]]):
        with pytest.raises(TypeError):
            build_vocab_from_iterator(texts)
    with pytest.raises(TypeError, match=r"^got int 1, expected a token \(str\)$"):
        vocab({1: 3})


# --- transforms ----------------------------------------------------------------------------------


def test_from_texts_to_a_padded_batch():
    cut = get_tokenizer("basic_english")
    texts = [cut("The cat sat."), cut("The dog!"), []]
    v = build_vocab_from_iterator(texts, specials=["<pad>", "<unk>", "<bos>"])
    v.set_default_index(v["<unk>"])
    chain = transforms.Sequential(
        transforms.VocabTransform(v),
        transforms.Truncate(3),
        transforms.AddToken(v["<bos>"]),
        transforms.ToTensor(v["<pad>"]),
        transforms.PadTransform(5, v["<pad>"]),
    )
    got = chain([*texts, ["mice"]])
    the, cat, sat, dog, mark = v(["the", "cat", "sat", "dog", "!"])
    assert got.dtype == torch.long
    assert got.tolist() == [
        [2, the, cat, sat, 0],
        [2, the, dog, mark, 0],
        [2, 0, 0, 0, 0],
        [2, 1, 0, 0, 0],
    ]
    assert isinstance(chain[:2], transforms.Sequential)
    assert len(chain) == 5


def test_to_tensor():
    assert F.to_tensor([[1], [2, 3]], padding_value=9).tolist() == [[1, 9], [2, 3]]
    assert F.to_tensor([[1, 2]], dtype=torch.float32).dtype == torch.float32
    assert F.to_tensor([1, 2], padding_value=0, dtype=torch.float32).dtype == torch.long
    assert F.to_tensor([]).shape == (0,)
    assert transforms.ToTensor(0)([[], [1]]).tolist() == [[0], [1]]
    for ragged in ([[1], [2, 3]], [[], [1]]):  # torch alone would make nothing of the second
        with pytest.raises(
            ValueError, match=r"^got lists of \d to \d ids, .*: give a padding_value"
        ):
            F.to_tensor(ragged)


def test_truncate_and_add_token():
    assert F.truncate(["a", "b"], 1) == ["a"]
    assert F.truncate([[1, 2], []], 1) == [[1], []]
    assert F.truncate([1, 2, 3], -1) == [1, 2]
    given = [[1], []]
    assert transforms.AddToken(0)(given) == [[0, 1], [0]]
    assert transforms.AddToken("z", begin=False)(["a"]) == ["a", "z"]
    assert given == [[1], []]


def test_str_to_int():
    assert transforms.StrToIntTransform()([["1", " -2 "], []]) == [[1, -2], []]
    with pytest.raises(ValueError, match="invalid literal for int"):
        transforms.StrToIntTransform()(["1.5"])


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda: F.truncate((1, 2), 1),
            "got tuple, expected a list, or a list of lists, of tokens",
        ),
        (lambda: F.truncate([1, "a"], 1), "got list of int and str, expected"),
        (lambda: F.truncate([[1], ["a"]], 1), "got list of lists of int and str, expected"),
        (lambda: F.truncate([[1], 2], 1), "got list of int and list, expected"),
        (
            lambda: F.to_tensor(["1"]),
            "got list of str, expected a list, or a list of lists, of ids",
        ),
        (lambda: F.to_tensor(torch.ones(2)), "got Tensor, expected"),
        (lambda: F.add_token([1], "a"), "got list of int, .* of items like the token 'a'"),
        (lambda: F.add_token([1], 1.0), "expected .* of items and a token that are int or str"),
        (lambda: F.str_to_int([1]), "got list of int, expected .* of numbers written as str"),
        (lambda: transforms.VocabTransform(abc())([1]), "expected .* of tokens"),
        (lambda: transforms.LabelToIndex(["a"])(1), "got int, expected a label"),
        (lambda: transforms.LabelToIndex(["a"])([["a"]]), "got list, expected a label"),
    ],
)
def test_input_of_another_type_is_told_what_was_expected(use, message):
    with pytest.raises(TypeError, match=f"^Input type not supported: .*{message}"):
        use()


def test_vocab_transform_takes_a_vocab():
    with pytest.raises(AssertionError, match=r"^got dict, expected a Vocab$"):
        transforms.VocabTransform({"a": 0})


def test_label_to_index(tmp_path):
    labels = transforms.LabelToIndex(["good", "bad"])
    assert (labels("bad"), labels(["bad", "good"]), labels([])) == (1, [1, 0], [])
    assert transforms.LabelToIndex(("good", "bad"), sort_names=True).label_names == ["bad", "good"]
    with pytest.raises(RuntimeError, match=r"^Token 'fair' not found"):
        labels("fair")
    file = tmp_path / "labels.txt"
    file.write_bytes(" x \r\n\n naïve y\n\t\n".encode())
    assert transforms.LabelToIndex(label_path=file).label_names == ["x", "naïve y"]
    with pytest.raises(FileNotFoundError):
        transforms.LabelToIndex(label_path=tmp_path / "none.txt")
    for nothing in ({}, {"label_names": []}):
        with pytest.raises(AssertionError, match=r"^label_names or label_path is required$"):
            transforms.LabelToIndex(**nothing)
    with pytest.raises(AssertionError, match=r"mutually exclusive"):
        transforms.LabelToIndex(["x"], label_path=file)
    with pytest.raises(RuntimeError, match=r"^Duplicate token found in tokens list: 'x'"):
        transforms.LabelToIndex(["x", "x"])
    with pytest.raises(RuntimeError, match=r"^label_names: got int 1, expected a token"):
        transforms.LabelToIndex([1])


def test_pad_transform():
    pad = transforms.PadTransform(4, -1)
    assert pad(torch.tensor([1, 2])).tolist() == [1, 2, -1, -1]
    assert pad(torch.zeros(0, dtype=torch.long)).tolist() == [-1] * 4
    long = torch.ones(2, 5)
    assert pad(long) is long
    assert pad(torch.ones(1, 2, 3)).shape == (1, 2, 4)
    with pytest.raises(ValueError, match="could not convert string to float"):
        transforms.PadTransform(4, "a")


# --- Vectors, GloVe ------------------------------------------------------------------------------

LINES = b"the 1 2 3\ncat -4 5e-1 6.25\n"


@pytest.fixture
def file(tmp_path):
    def write(content, name="v.txt"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def test_vectors_of_words_known_and_unknown(file):
    v = Vectors(file(LINES))
    assert (v.itos, v.stoi, v.dim, len(v)) == (["the", "cat"], {"the": 0, "cat": 1}, 3, 2)
    assert v.vectors.dtype == torch.float32
    assert v["cat"].tolist() == [-4, 0.5, 6.25]
    assert v["dog"].tolist() == v[0].tolist() == [0, 0, 0]
    assert ("cat" in v, "dog" in v) == (True, False)
    v["cat"].fill_(0)  # a view, as in torchtext
    assert v.vectors[1].tolist() == [0, 0, 0]
    with pytest.raises(TypeError, match="not iterable"):
        iter(v)


def test_get_vecs_by_tokens(file):
    v = Vectors(file(LINES), unk_init=lambda vector: vector.fill_(7))
    assert v.get_vecs_by_tokens("cat").tolist() == [-4, 0.5, 6.25]
    assert v.get_vecs_by_tokens(["the", "?"]).tolist() == [[1, 2, 3], [7, 7, 7]]
    assert v.get_vecs_by_tokens(["The"]).tolist() == [[7, 7, 7]]
    assert v.get_vecs_by_tokens(["The"], lower_case_backup=True).tolist() == [[1, 2, 3]]
    assert v.get_vecs_by_tokens("CAT", lower_case_backup=True).shape == (3,)
    with pytest.raises(RuntimeError, match=r"^got an empty list"):
        v.get_vecs_by_tokens([])


FILES = {
    "plain": LINES,
    "header of word2vec": b"2 3\n" + LINES,
    "windows": LINES.replace(b"\n", b"  \r\n"),
    "twice": LINES + b"the 7 8 9\n",
    "white space in words": "a\xa0b 1 2 3\nb\u2028 4 5 6\n\x85 7 8 9\n".encode(),
    "no word": b" 1 2 3\n",
    "mark of byte order": b"\xef\xbb\xbf" + LINES,
    "numbers": b"a 1e-40 1e39 .1\nb inf -inf nan\nc 0.1 16777217 1_0\n",
    "lengths": LINES + b"dog 7 8\n",
    "blank line": LINES + b"\n",
    "no number": LINES + b"dog 7 x 9\n",
    "two spaces": LINES + b"dog 7  8 9\n",
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("max_vectors", [None, 0, 1, 2, 10])
def test_files_are_read_as_the_real_torchtext_reads_them(
    real, file, tmp_path, monkeypatch, name, max_vectors
):
    # It stops verifying certificates for the whole process: put that back.
    monkeypatch.setattr(ssl, "_create_default_https_context", ssl._create_default_https_context)
    path = file(FILES[name])

    def read(make):
        try:
            v = make(path, cache=tmp_path / "cache", max_vectors=max_vectors)
        except (RuntimeError, ValueError) as error:
            return type(error)
        return v.itos, v.stoi, v.dim, len(v), v.vectors.numpy().tobytes()

    assert read(Vectors) == read(real.Vectors)


def test_lines_that_are_left_out_are_told_and_leave_no_row_behind(file, caplog):
    with caplog.at_level(logging.WARNING):
        v = Vectors(file(b"2 3\n" + LINES + b"\xff 7 8 9\nodd 7\ndog 7 8 9\n"))
    assert (v.itos, len(v)) == (["the", "cat", "dog"], 3)
    assert v["dog"].tolist() == [7, 8, 9]
    assert caplog.messages == [
        r"line 4 is left out: b'\xff' is not UTF-8",
        "line 5 is left out: b'odd' has one number",
    ]
    assert Vectors(file(b"a 1 2\n")).dim == 2


def test_words_may_hold_any_white_space_but_a_single_space(file):
    words = ["a\xa0b", "b\u2028", "\x85", ""]
    v = Vectors(file("".join(f"{word} 1 2 3\r\n" for word in words).encode()))
    assert (v.itos, v.dim) == (words, 3)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (
            LINES + b"dog 7 8\n",
            RuntimeError,
            r"line 3: vector for token b'dog' has 2 dim.* 3 as bef",
        ),
        (LINES + b"\n", RuntimeError, r"line 3: vector for token b'' has 0 dimensions"),
        (LINES + b"dog 7 x 9\n", ValueError, r"line 3, token 'dog': could not convert .*'x'"),
        (b"", RuntimeError, "got no line with a word and its numbers"),
        (b"a\tb\n", RuntimeError, "got no line with a word and its numbers"),
    ],
)
def test_a_file_that_is_none_of_vectors_is_named_with_line_and_token(file, content, kind, message):
    path = file(content)
    with pytest.raises(kind, match=message) as raised:
        Vectors(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert type(raised.value) is kind


def test_packed_text_and_arrays_give_the_same(file, tmp_path):
    from safetensors.numpy import save_file

    plain = read_vectors(file(LINES))
    words = np.frombuffer(b"the\ncat", dtype=np.uint8)
    arrays = {"words": words, "vectors": plain[1].numpy().astype(np.float16)}
    np.savez_compressed(tmp_path / "v.npz", **arrays)
    save_file(arrays, tmp_path / "v.safetensors")
    file(gzip.compress(LINES), "v.txt.gz")
    for name in ("v.txt.gz", "v.npz", "v.safetensors"):
        v = Vectors(tmp_path / name)
        assert (v.itos, v.vectors.tolist()) == (plain[0], plain[1].tolist())
        assert v.vectors.dtype == torch.float32
        assert Vectors(name, cache=tmp_path, max_vectors=1).itos == ["the"]


def test_damaged_files_are_named(file, tmp_path):
    np.savez(tmp_path / "other.npz", words=np.zeros(3, np.uint8))
    np.savez(tmp_path / "few.npz", words=np.frombuffer(b"a\nb", np.uint8), vectors=np.ones((3, 2)))
    np.savez(tmp_path / "pickle.npz", words=np.array([{}], dtype=object), vectors=np.ones((1, 2)))
    file(gzip.compress(LINES)[:-9], "cut.gz")
    file(b"no gzip", "no.gz")
    file(b"PK no zip", "no.npz")
    file(b"no tensors", "no.safetensors")
    expected = {
        "other.npz": r"got arrays \['words'\], expected words and vectors",
        "few.npz": r"got 2 words and vectors of shape \(3, 2\), expected \(2, dim\)",
        "pickle.npz": "allow_pickle=False",
        "cut.gz": "cannot be read",
        "no.gz": "cannot be read",
        "no.npz": "cannot be read",
        "no.safetensors": "cannot be read",
    }
    for name, message in expected.items():
        with pytest.raises((RuntimeError, ValueError), match=message) as raised:
            Vectors(tmp_path / name)
        assert str(raised.value).startswith(str(tmp_path / name))


def test_a_file_that_is_not_there_is_told_where_to_get_and_put_it(tmp_path):
    with pytest.raises(RuntimeError) as raised:
        Vectors("none.txt", cache=tmp_path, url="https://example.org/none.zip")
    message = str(raised.value)
    assert message.startswith("no vectors found at none.txt. Looked at none.txt, ")
    assert str(tmp_path / "none.txt") in message
    assert "Nothing is downloaded here: get it from https://example.org/none.zip" in message
    with pytest.raises(RuntimeError, match="no vectors found"):
        Vectors(tmp_path)  # a folder
    with pytest.raises(RuntimeError, match="got max_vectors=-1, expected 1 or more"):
        Vectors("none.txt", max_vectors=-1)


def test_nothing_is_written_and_tls_is_left_alone(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    context = ssl._create_default_https_context
    Vectors(file(LINES))
    assert [path.name for path in tmp_path.iterdir()] == ["v.txt"]
    assert ssl._create_default_https_context is context


def test_glove_looks_for_its_file_in_the_folder_given_and_in_that_of_the_data(
    file, tmp_path, monkeypatch
):
    path = file(LINES, "glove.6B.100d.txt")
    assert GloVe("6B", 100, cache=tmp_path).itos == ["the", "cat"]
    assert GloVe("6B", dim="100", cache=tmp_path, max_vectors=1).itos == ["the"]
    with pytest.raises(
        RuntimeError, match=r"get it from https://nlp.stanford.edu/data/glove.6B.zip"
    ):
        GloVe("6B", 100)
    monkeypatch.setattr(data, "data_dir", lambda: tmp_path)
    assert GloVe("6B", 100)["cat"].tolist() == [-4, 0.5, 6.25]
    path.rename(tmp_path / "glove.twitter.27B.25d.txt")
    assert GloVe("twitter.27B", 25).dim == 3  # with a dot in its name
    with pytest.raises(KeyError, match=r"No GloVe vectors '7B'. There are: 42B, 840B, twitter"):
        GloVe("7B", 50)
    with pytest.raises(RuntimeError, match=r"no vectors found at glove.840B.300d.txt. Looked"):
        GloVe()


def test_glove_6b_50d_without_its_file_are_the_words_that_come_with_the_workshop(file, tmp_path):
    v = GloVe("6B", 50, cache=tmp_path)
    assert (len(v), v.dim, len(v.itos), v.itos[:3]) == (20_000, 50, 20_000, ["the", ",", "."])
    torch.testing.assert_close(
        v["the"][:3], torch.tensor([0.418, 0.24968, -0.41242]), rtol=1e-3, atol=0
    )
    assert GloVe("6B", dim="50", cache=tmp_path, max_vectors=2).vectors.shape == (2, 50)
    assert v.get_vecs_by_tokens(["King", "queen"], lower_case_backup=True).norm(dim=1).min() > 1
    path = file(LINES, "glove.6B.50d.txt")  # the whole of it goes first
    assert GloVe("6B", 50, cache=tmp_path).itos == ["the", "cat"]
    path.write_bytes(LINES + b"dog 1 2\n")  # and is not passed over when it is damaged
    with pytest.raises((RuntimeError, ValueError), match=r"glove\.6B\.50d\.txt: line"):
        GloVe("6B", 50, cache=tmp_path)
