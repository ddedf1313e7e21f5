"""What torchtext and workshop.text are asked, and how their answers are written down.

Made from seeds with `random.random()` alone, which gives the same numbers in every Python, and from
characters that Unicode had long before any of them: strings and questions are the same everywhere,
so that only the answers are kept (golden/torchtext.json.gz, made by golden/make_torchtext.py).
"""

import hashlib
import json
import random
from collections import OrderedDict

import torch

STRINGS, VOCABULARIES, TRANSFORMS = 24_000, 320, 1_500

# --- strings -------------------------------------------------------------------------------------

MARKS = list("'\".,()!?;:") * 3 + list("-_/<>[]{}&%$#@*+=~`^|\\") + list("’‘“”…—–«»¿¡。，！？；：")
SPACES = list(" \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2009\u2028\u2029\u202f\u205f\u3000")
ODD = [
    *("\x00", "\x01", "\x07", "\x08", "\x1b", "\x7f", "\x80", "\x9f", "\xad"),  # no white space
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u2060", "\ufeff", "\ufffd", "\ufe0f", "\u180e"),
    *("\ud800", "\udbff", "\udc00", "\udfff"),  # lone surrogates
    # whose lower case is another length, another script or depends on the neighbours
    *"İıẞßſKÅΩΣσςǅǈŉΐᾈᾼﬁﬀÅÅ",
    *("\u0300", "\u0301", "\u0307", "\u0308", "\u20e3", "\U0001f3fd"),
]
WORDS = [
    *("the", "The", "THE", "don't", "O'Neil's", "U.S.A.", "e.g.", "3.14", "1,000", "Mr.", "C++"),
    *(
        "<br />",
        "<BR />",
        "<br/>",
        "<br  />",
        "<br />" * 2,
        '<br" />',
        '<b"r />',
        '<br /">',
        "<br;/>",
    ),
    *(
        "<br\t/>",
        "<br'/>",
        "<Br />x",
        "...",
        "?!",
        "''",
        '""',
        "(a)",
        ":;",
        "a;b:c",
        "naïve",
        "ÉCOLE",
    ),
    *(
        "ΟΔΥΣΣΕΥΣ",
        "Straße",
        "STRASSE",
        "İstanbul",
        "Москва",
        "日本語",
        "한국어",
        "العربية",
        "हिन्दी",
    ),
    *(
        "👍🏽",
        "👩\u200d👩\u200d👧",
        "🇫🇷",
        "e\u0301",
        "Å",
        "x" * 300,
        "http://a.b/c?d=e;f",
        "<unk>",
        "\\n",
    ),
]
RANGES = [  # (first, last): all of them assigned since Unicode 6 at the latest
    *((0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x17F), (0x391, 0x3A1), (0x3B1, 0x3C9), (0x400, 0x45F)),
    *((0x531, 0x556), (0x5D0, 0x5EA), (0x905, 0x939), (0x1E00, 0x1E95), (0x2010, 0x2027)),
    *((0x2160, 0x216F), (0x24B6, 0x24CF), (0x3041, 0x3096), (0x4E00, 0x4E80), (0xFF01, 0xFF5A)),
    *((0x10400, 0x1044F), (0x1D400, 0x1D454), (0x1F600, 0x1F610)),
]


class Dice:
    """Choices made of `random()` alone: other methods of Random change between versions."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, n):
        return int(self._random() * n)

    def one_of(self, items):
        return items[self.below(len(items))]

    def chance(self, p):
        return self._random() < p

    def character(self):
        kind = self._random()
        if kind < 0.25:
            return self.one_of(MARKS)
        if kind < 0.4:
            return self.one_of(SPACES)
        if kind < 0.5:
            return self.one_of(ODD)
        first, last = self.one_of(RANGES)
        return chr(first + self.below(last - first + 1))

    def string(self):
        style = self.below(4)
        size = 1 + self.below(12)
        if style == 0:  # any characters
            return "".join(self.character() for _ in range(2 * size))
        if style == 1:  # words among marks, with and without spaces
            pieces = [self.one_of(WORDS) for _ in range(size)]
            return "".join(
                word + self.one_of([" ", "", ", ", ". ", self.character()]) for word in pieces
            )
        if style == 2:  # English, more or less
            letters = "etaoinshrdluETAOINSHRDLU"
            words = [
                "".join(self.one_of(letters) for _ in range(1 + self.below(8))) for _ in range(size)
            ]
            return "".join(
                word + self.one_of([" ", " ", "  ", ", ", ". ", "'s ", "! ", '" '])
                for word in words
            )
        tight = "<br />\"'. bBrR/>"  # what is nearly a line break
        return "".join(self.one_of(tight) for _ in range(2 * size))


def strings():
    """The strings to cut up."""
    dice = Dice(1)
    edges = ["", " ", *WORDS, *MARKS, *SPACES, *ODD, "a " * 10_000, "a" * 10_000, "." * 1000]
    edges += [f"a{character}b" for character in (*MARKS, *SPACES, *ODD)]
    return edges + [dice.string() for _ in range(STRINGS - len(edges))]


# --- vocabularies and transforms -----------------------------------------------------------------

TOKENS = [
    "a",
    "b",
    "c",
    "d",
    "the",
    "The",
    "",
    " ",
    "<unk>",
    "<pad>",
    "é",
    "e\u0301",
    "日本",
    "👍🏽",
]
TOKENS += ["x\x00y", "x", "0", "ᑌᑎI", "\ufeff", "zz", "Z", "-1"]


def vocabulary(library, seed):
    """Make one vocabulary in one of its ways, then ask it and change it: every answer, in order."""
    dice = Dice(seed)
    known = TOKENS[: 1 + dice.below(len(TOKENS))]
    specials = dice.one_of([None, [], ["<unk>"], ["<unk>", "<pad>"], ["<pad>", "a"], ["b", "b"]])
    options = {
        "min_freq": dice.one_of([0, 1, 1, 1, 2, 3]),
        "specials": specials,
        "special_first": dice.chance(0.7),
    }
    answers = []
    if dice.chance(0.5):
        counts = OrderedDict((dice.one_of(known), 1 + dice.below(4)) for _ in range(dice.below(15)))
        made = attempt(answers, library.vocab, counts, **options)
        answers.append(list(counts))  # the specials are gone from it
    else:
        texts = [[dice.one_of(known) for _ in range(dice.below(12))] for _ in range(dice.below(5))]
        options["max_tokens"] = dice.one_of([None, None, 0, 1, 2, 3, 5, 100])
        made = attempt(answers, library.build_vocab_from_iterator, iter(texts), **options)
    if made is None:
        return answers
    answers.append([made.get_itos(), sorted(map(list, made.get_stoi().items()))])
    bad = [None, 1.0, "1", b"a", [], {}, (0,)]

    def index():
        return dice.one_of(bad) if dice.chance(0.1) else dice.below(len(made) + 4) - 2

    def token():
        # Nothing that ends torchtext's process: no surrogate, in lists nothing but str.
        return dice.one_of([None, 1, []]) if dice.chance(0.1) else dice.one_of(TOKENS)

    for _ in range(30):
        tokens = [dice.one_of(TOKENS) for _ in range(dice.below(4))]
        indices = [dice.below(len(made) + 1) - dice.chance(0.1) for _ in range(dice.below(4))]
        one, where = token(), index()
        question = dice.below(11)
        if question == 0:
            attempt(answers, made.__getitem__, one)
        elif question == 1:
            attempt(answers, made.__contains__, one)
        elif question == 2:
            attempt(answers, made.insert_token, one, where)
        elif question == 3:
            attempt(answers, made.append_token, one)
        elif question == 4:
            attempt(answers, made.lookup_token, where)
        elif question == 5:
            attempt(answers, made.lookup_tokens, dice.one_of([indices, tuple(indices), "ab", None]))
        elif question == 6:
            attempt(
                answers, made.lookup_indices, dice.one_of([tokens, tokens, tuple(tokens), "ab"])
            )
        elif question == 7:
            attempt(answers, made, tokens)
        elif question == 8:
            attempt(answers, made.set_default_index, where)
        elif question == 9:
            attempt(answers, library.transforms.VocabTransform(made), [tokens, tokens[:1]])
        else:
            answers.append([len(made), made.get_default_index(), made.get_itos()])
    answers.append(
        [made.get_itos(), sorted(map(list, made.get_stoi().items())), made.get_default_index()]
    )
    return answers


def transform(library, seed):
    """One transform of one input, right or wrong."""
    dice = Dice(1_000_000 + seed)
    names = library.transforms

    def item(kind):
        return dice.below(100) - 20 if kind == "int" else dice.one_of(["1", " 2 ", "-3", "x", "4"])

    def items(kind):
        return [item(kind) for _ in range(dice.below(5))]

    kind = dice.one_of(["int", "str"])
    shape = dice.below(12)
    if shape < 4:
        given = items(kind)
    elif shape < 8:
        # Never empty beside not empty: torch makes a tensor of [[], [1]] that has lost the 1.
        given = [items(kind) or [item(kind)] for _ in range(dice.below(4))]
    elif shape < 9:
        given = [[], items(kind), items(kind)]
    else:
        wrong = [
            None,
            "1",
            1,
            (1, 2),
            ["1", 1],
            [1.0],
            [["1"], [1]],
            [(1,)],
            [[[1]]],
            {"1": 1},
            [None],
        ]
        given = dice.one_of(wrong)
    ragged = isinstance(given, list) and [] in given
    which = dice.below(8)
    answers = []

    def made_and_called():
        if which == 0:
            return names.Truncate(dice.below(6) - 1)(given)
        if which == 1:
            return names.AddToken(dice.one_of([7, "7", True, None, 1.5]), dice.chance(0.5))(given)
        if which == 2:
            padding = dice.one_of([0, -1, 9] if ragged else [None, 0, 9])
            return names.ToTensor(padding, dice.one_of([torch.long, torch.int32, torch.float32]))(
                given
            )
        if which == 3:
            return names.StrToIntTransform()(given)
        if which == 4:
            x = torch.arange(float(dice.below(12))).reshape(dice.one_of([(-1,), (1, -1)]))
            x = x.to(dice.one_of([torch.float32, torch.long]))
            return names.PadTransform(dice.below(9), dice.one_of([0, 1, -3, 2.5]))(x)
        if which == 5:
            labels = dice.one_of(
                [["1", "4", "x"], ["x", "1"], ("1", "x"), ["1", "1"], [], [1], None]
            )
            known = names.LabelToIndex(labels, sort_names=dice.chance(0.5))
            return [known.label_names, known(dice.one_of([given, "x", ["1"], "nobody"]))]
        if which == 6:
            steps = [
                names.Truncate(3),
                names.AddToken(1),
                names.ToTensor(0),
                names.PadTransform(6, 2),
            ]
            return names.Sequential(*steps)(given)
        steps = [names.StrToIntTransform(), names.AddToken(0, begin=False)]
        return names.Sequential(*steps)(given)

    attempt(answers, made_and_called)
    return answers


def attempt(answers, ask, *arguments, **options):
    """Write down the answer, or the type of the error; give the answer back, or None."""
    try:
        answer = ask(*arguments, **options)
    except Exception as error:
        answers.append(["error", next(t.__name__ for t in type(error).__mro__ if t in KINDS)])
        return None
    answers.append(["answer", plain(answer)])
    return answer


KINDS = {RuntimeError, TypeError, ValueError, KeyError, IndexError, AttributeError, AssertionError}
KINDS |= {Exception}


def plain(answer):
    """An answer as what JSON can hold, with its type where that is not seen."""
    if isinstance(answer, torch.Tensor):
        return [str(answer.dtype), list(answer.shape), answer.tolist()]
    if isinstance(answer, torch.nn.Module):
        return type(answer).__name__
    if isinstance(answer, list | tuple):
        return [*map(plain, answer)] if isinstance(answer, list) else ["tuple", *map(plain, answer)]
    return answer


# --- all of it -----------------------------------------------------------------------------------


def questions(library):
    """group -> the answers to all its questions, one after the other."""
    basic, split = library.get_tokenizer("basic_english"), library.get_tokenizer(None)
    return {
        "strings": ([basic(text), split(text)] for text in strings()),
        "vocabularies": (vocabulary(library, seed) for seed in range(VOCABULARIES)),
        "transforms": (transform(library, seed) for seed in range(TRANSFORMS)),
    }


def digest(answer):
    """Eight letters that another answer would not have."""
    text = json.dumps(answer, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
