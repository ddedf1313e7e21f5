"""Refusing arguments, and suggesting names."""

import pytest

from workshop.core.checks import expect, nearest


def test_expect_says_what_it_got_and_what_it_wants():
    expect(True, "x", 3, "3")
    with pytest.raises(ValueError, match=r"^x: got 4, expected 3$"):
        expect(False, "x", 4, "3")


def test_the_nearest_name_is_suggested_or_none():
    assert nearest("nuron", ["neuron", "layers"]) == " Did you mean 'neuron'?"
    assert nearest("NEURON", ["neuron", "layers"]) == " Did you mean 'neuron'?"
    assert nearest("zzz", ["neuron", "layers"]) == ""
    assert nearest("zzz", []) == ""
