"""Grading a class: submissions are untrusted code, run in a sandbox and judged outside of it."""
