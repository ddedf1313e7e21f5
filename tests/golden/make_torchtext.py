"""Make torchtext.json.gz: what the real torchtext 0.18.0 answers to tests/text/torchtext_cases.py.

    python -m pip install ".[torchtext]"
    python tests/golden/make_torchtext.py

Kept are a digest of every answer and, to be read by people, some of the answers in full.
"""

import gzip
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1] / "text"))

import torchtext_cases as cases

READABLE = {"strings": range(30, 24_000, 200), "vocabularies": range(6), "transforms": range(60)}


def main() -> None:
    """Ask, and write down the answers."""
    import torchtext

    torchtext.disable_torchtext_deprecation_warning()
    warnings.simplefilter("ignore")  # of empty lists, which TorchScript would not like
    from torchtext import data, transforms, vocab

    if not torchtext.__version__.startswith("0.18.0"):
        raise SystemExit(f"got torchtext {torchtext.__version__}, expected 0.18.0")

    library = SimpleNamespace(
        get_tokenizer=data.get_tokenizer,
        vocab=vocab.vocab,
        build_vocab_from_iterator=vocab.build_vocab_from_iterator,
        transforms=transforms,
    )
    golden = {"made_with": {name: version(name) for name in ("torch", "torchtext")}}
    for group, answers in cases.questions(library).items():
        answers = list(answers)
        golden[group] = {
            "digests": "".join(map(cases.digest, answers)),
            "readable": {str(i): answers[i] for i in READABLE[group]},
        }
    text = json.dumps(golden, indent=1, ensure_ascii=True)
    file = Path(__file__).with_name("torchtext.json.gz")
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
