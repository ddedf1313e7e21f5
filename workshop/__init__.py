"""Deep Learning Workshop: two days from a single neuron to a recurrent network.

Each lesson is one module of `workshop.day1` or `workshop.day2`; `workshop.core` holds what all of
them share, `workshop.exercises` checks what attendees write. This file imports nothing heavy.
"""

import os

__version__ = "0.1.0"

# OpenMP's threads spin while they wait, which is slow when anything else runs on the machine. The
# setting is read when torch is loaded, so it stands here, before any lesson is imported; a value
# that the user chose is kept.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
