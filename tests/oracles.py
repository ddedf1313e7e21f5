"""Comparing what is written by hand with the library's, in value and gradient."""

import torch


def assert_equal_with_gradients(ours, theirs, inputs):
    """The same values, and the same gradient of their weighted sum for each of the inputs.

    ours and theirs: a tensor each, or several of them.
    """
    if isinstance(ours, torch.Tensor):
        ours, theirs = (ours,), (theirs,)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    weights = [torch.randn_like(t) for t in ours]
    of_ours, of_theirs = (
        torch.autograd.grad(
            sum((t * w).sum() for t, w in zip(side, weights, strict=True)),
            inputs,
            retain_graph=True,
        )
        for side in (ours, theirs)
    )
    for one, other in zip(of_ours, of_theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
