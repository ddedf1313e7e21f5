"""A package, so that its test_results.py may share its name with another folder's."""
