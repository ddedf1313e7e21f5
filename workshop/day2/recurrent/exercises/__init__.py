"""Exercises of lesson 13, a file for each type of network, in the order of its notebook."""

from workshop.day2.recurrent.exercises import cell, entities, music, translation

EXERCISES = (
    *cell.EXERCISES,
    music.PICK,
    *entities.EXERCISES,
    *translation.EXERCISES,
)
