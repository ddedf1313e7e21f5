"""The files of a lesson of one exercise, which tests/test_new_lesson.py adds to a copy."""

collect_ignore_glob = ["*"]
