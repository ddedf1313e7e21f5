"""Day 1: from one neuron to a network that is trained by gradient descent."""
