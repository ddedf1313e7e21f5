"""A package, so that its test_run.py and the others may share their names with other folders'."""
