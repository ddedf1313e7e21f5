"""Exercises of day 2, a module per lesson."""
