"""Exercises of lesson 13, a file for each, in the order of its notebook."""

EXERCISES = ()
