"""How the tests compare what is written by hand with an independent reference."""

import torch


def randn(*shape, seed=0, dtype=torch.float64):
    """Numbers of a seed of their own."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def assert_equal_with_gradients(ours, theirs, inputs):
    """Two outputs of the same inputs are equal, and so are the gradients of a weighted sum of them."""
    torch.testing.assert_close(ours, theirs)
    weights = torch.linspace(1, 2, ours.numel(), dtype=ours.dtype).reshape(ours.shape)
    got = torch.autograd.grad((ours * weights).sum(), inputs, retain_graph=True)
    expected = torch.autograd.grad((theirs * weights).sum(), inputs)
    torch.testing.assert_close(got, expected)
    assert all(gradient.isfinite().all() for gradient in got)
