"""Exercises of lesson 13, a file for each type of network, in the order of its notebook."""

from workshop.exercises.day2.recurrent import cell, entities, music, translation

EXERCISES = (
    *cell.EXERCISES,
    music.PICK,
    *entities.EXERCISES,
    *translation.EXERCISES,
)
