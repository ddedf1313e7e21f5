"""Exercises of lesson 13, a file for each, in the order of its notebook."""

from workshop.exercises.day2.recurrent import translation

EXERCISES = (*translation.EXERCISES,)
