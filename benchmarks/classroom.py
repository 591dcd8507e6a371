"""A class of 200 students with 10 answers each graded, pages included: python benchmarks/classroom.py [--students 10000].

The class is made up: numbers, formulas and workings, about half of them wrong by typical mistakes, in CSV, Markdown and
JSON. Everyone writes differently, so that few answers are the same. Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from explainer.derive.pipeline import walk_guesses
from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.outputs import Outputs
from explainer.homework.questions import find
from explainer.source import input_guesses, load
from explainer.walkthrough.model import Walkthrough

STUDENTS, SECONDS = 200, 60.0
FEW = 2_000  # students of whom pages are written
MEMORY = 500  # MB
QUESTIONS = (
    "features.0.params",
    "features.0.shape",
    "features.2.params",
    "features.5.params",
    "features.10.macs",
    "features.17.params",
    "features.30.shape",
    "classifier.0.params",
    "classifier.params",
    "total.params",
)
CHANNELS = {
    "features.0.params": (3, 64),
    "features.2.params": (64, 64),
    "features.5.params": (64, 128),
    "features.17.params": (256, 512),
}


def vgg16() -> Walkthrough:
    """The model that the questions are about."""
    loaded = load("vgg16")
    return walk_guesses(loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source)


def answers(walk: Walkthrough, chance: random.Random) -> Iterator[tuple[str, str]]:
    """One student's answers, as students write them."""
    for name in QUESTIONS:
        question = find(walk, name)
        if question.is_shape:
            sizes = list(question.shape)
            if chance.random() < 0.5:
                sizes[-1] += chance.choice((-2, -1, 1))
            yield name, chance.choice((str(sizes), "×".join(map(str, sizes)), " x ".join(map(str, sizes[1:]))))
            continue
        value = question.value
        wrong = chance.choice((value - 64, value // 2, value * 2, value + chance.randrange(1, 999), value // 3 * 2))
        given = wrong if chance.random() < 0.5 else value
        styles = [str(given), f"{given:,}", f"{given / 1e6:.2f}M", f"{given / 1e4:.1f}万"]
        if "params" in name and name.startswith("features"):
            c, out = CHANNELS[name]
            plus = chance.choice(("+1", "+1", ""))
            styles += [
                f"(3*3*{c}{plus})*{out}",
                f"{out}×（{c}×3²{plus}）",
                f"(3*3*{c}{plus})*{out}\n= {9 * c + len(plus) // 2}*{out}\n= {(9 * c + len(plus) // 2) * out}",
                f"(k*k*Cin{plus})*Cout",
            ]
        yield name, chance.choice(styles)


def make(folder: Path, walk: Walkthrough, students: int) -> None:
    """The class's files."""
    chance = random.Random(7)
    for number in range(students):
        given = list(answers(walk, chance))
        path = folder / f"2023{number:06}_学生.{('csv', 'md', 'json')[number % 3]}"
        match path.suffix:
            case ".csv":
                text = "question,answer\n" + "".join(f'{name},"{answer}"\n' for name, answer in given)
            case ".md":
                text = "".join(f"- {name}: {answer}\n" for name, answer in given)
            case _:
                text = json.dumps(dict(given), ensure_ascii=False)
        path.write_text(text, encoding="utf-8")


def measured(students: int, pages: str) -> float:
    """Seconds for the class, the model's own derivation not counted; `pages` "" for grades and summary alone."""
    walk = vgg16()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "submissions").mkdir()
        make(folder / "submissions", walk, students)
        feedback = folder / "feedback" if pages else None
        outputs = Outputs(folder / "grades.csv", feedback, folder / "summary.html", pages or ".md")
        begin = time.perf_counter()
        result = check_folder(folder / "submissions", walk, outputs, ("zh",))
        seconds = time.perf_counter() - begin
        assert len(result.marked) == students
        assert feedback is None or students == len(list(feedback.iterdir()))
        open_, mean = result.figures.open, result.figures.mean
        print(
            f"{pages or 'no pages'}: {seconds:.1f} s for {students:,} × {len(QUESTIONS)} answers "
            f"({1000 * seconds / students:.1f} ms each), mean {mean:.1%}, {open_:,} left to the teacher, "
            f"peak memory {peak(resource.RUSAGE_SELF)} MB, of a worker {peak(resource.RUSAGE_CHILDREN)} MB"
        )
    return seconds


def peak(whose: int) -> int:
    """Peak memory so far, in MB, of this process or of the largest of its children."""
    return resource.getrusage(whose).ru_maxrss // 1024


def main() -> int:
    """Measure, and judge: 200 students with pages in two formats, or with --students any number without pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=STUDENTS, help="more than 2,000: without feedback pages")
    students = parser.parse_args().students
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    times = [measured(students, pages) for pages in ((".md", ".html") if students <= FEW else ("",))]
    limit = SECONDS * students / STUDENTS
    memory = max(peak(resource.RUSAGE_SELF), peak(resource.RUSAGE_CHILDREN))
    met = max(times) <= limit and memory < MEMORY
    print(f"target: at most {limit:g} s and {MEMORY} MB:", "met" if met else "missed")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
