"""`toy`: the nearest point against scikit-learn."""

import torch
from sklearn.neighbors import NearestNeighbors

from workshop.day1 import toy


def test_the_nearest_point_is_scikit_learn_s():
    known, x = torch.randn(50, 3), torch.randn(20, 3)
    theirs = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(x, return_distance=False)
    assert toy.nearest_point(x, known).tolist() == theirs[:, 0].tolist()
