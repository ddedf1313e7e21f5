# %% [markdown]
# # Whom you stand next to
#
# *About 10 minutes.* A classifier without weights. {Lesson:neuron} has one with them. At the end you can
#
# - label a new point by the nearest known one.

# %%
import torch
from torch import Tensor

from workshop.day1 import toy
from workshop.exercises import check

# %% [markdown]
# ## The nearest point
#
# **Exercise 1.** Which known point is nearest to each new one?


# %% exercise="nearest_point"
def nearest_point(x: Tensor, known: Tensor) -> Tensor:
    """The index of the known point nearest to each x: (B, n), (N, n) -> (B,)."""
    raise NotImplementedError("write nearest_point, then run this cell")


check(nearest_point)

# %%
# {lesson:neuron} does without the known points.
print(toy.nearest_point(torch.tensor([[0.9]]), torch.tensor([[0.0], [1.0]])))

# %% [markdown]
# ## Recap
#
# - The nearest known point lends its label.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# **Next:** {lesson:neuron}.
