"""Exercises of `recurrent`, a file for each of its parts, in the order of its notebook."""

from workshop.day2.recurrent.exercises import cell, entities, music, translation

EXERCISES = (
    *cell.EXERCISES,
    *music.EXERCISES,
    *entities.EXERCISES,
    *translation.EXERCISES,
)
