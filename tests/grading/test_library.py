"""The library in the sandbox: lessons without exercises."""

import sys
from pathlib import Path

from workshop.exercises import all_exercises
from workshop.grading import library


def test_the_library_has_neither_exercises_nor_answers(tmp_path):
    exercises = all_exercises()
    references = library.write(tmp_path, exercises)
    assert len(references) == len({one.reference_path for one in exercises})
    assert not (tmp_path / "workshop" / "exercises" / "judge.py").exists()
    names = {path.name for path in tmp_path.rglob("*.py")}
    assert not names & {"judge.py", "exercises.py", "checking.py", "progress.py", "cli.py"}
    texts = "\n".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.py"))
    for one in exercises:
        body = one.answer_source().strip().splitlines()[-1].strip()
        own = Path(sys.modules[one.reference.__module__].__file__).read_text(encoding="utf-8")
        mine = library._file_of(tmp_path, one.reference.__module__).read_text(encoding="utf-8")
        assert mine.count(body) < own.count(body), f"{one.name}: {body}"
    assert "2021" not in "".join(line for line in texts.splitlines() if "SEED" in line)
