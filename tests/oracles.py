"""How the tests compare what is written by hand with an independent reference."""

import torch


def randn(*shape, seed=0, dtype=torch.float64):
    """Numbers of a seed of their own."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def assert_equal_with_gradients(ours, theirs, inputs):
    """The same values, and the same gradient of their weighted sum for each of the inputs.

    ours and theirs: a tensor each, or several of them. Tolerances are those of the dtype in
    torch.testing, ten times them for gradients in float32, which add up many rounded terms.
    """
    if isinstance(ours, torch.Tensor):
        ours, theirs = (ours,), (theirs,)
    torch.testing.assert_close(tuple(ours), tuple(theirs))
    weights = [torch.linspace(1, 2, t.numel(), dtype=t.dtype).reshape(t.shape) for t in ours]
    got, expected = (
        torch.autograd.grad(
            sum((t * w).sum() for t, w in zip(side, weights, strict=True)),
            inputs,
            retain_graph=True,
        )
        for side in (ours, theirs)
    )
    rounded = any(t.dtype == torch.float32 for t in ours)
    options = {"rtol": 1e-4, "atol": 1e-4} if rounded else {}
    torch.testing.assert_close(got, expected, **options)
    assert all(gradient.isfinite().all() for gradient in got)
