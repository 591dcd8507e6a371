"""A command ends quickly, and nobody can tell: hooks, threads, children, files, finalizers and profilers get their due."""

from __future__ import annotations

import pstats
import subprocess
import sys
from pathlib import Path

import pytest

NET = """
from torch import nn
EXAMPLE_INPUT = (1, 4)

class Net(nn.Linear):
    def __init__(self):
        super().__init__(4, 3)
"""

# What a user's file may leave behind for the end of the process; each ends with "done" in the file `witness`.
ENDINGS = {
    "exit hook": "import atexit\natexit.register(lambda: open('witness', 'w').write('done'))",
    "file never closed": "kept = open('witness', 'w')\nkept.write('done')",
    "finalizer": "class Last:\n    def __del__(self, open=open):\n        open('witness', 'w').write('done')\nkept = Last()",
    "finalizer in a circle": (
        "class Last:\n    def __del__(self, open=open):\n        open('witness', 'w').write('done')\n"
        "kept = Last()\nkept.itself = kept"
    ),
    "weak reference": "import weakref\nclass A: ...\nkept = A()\nweakref.finalize(kept, Path('witness').write_text, 'done')",
    "thread": (
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(1.5), open('witness', 'w').write('done'))).start()"
    ),
    "suspended generator": (
        "def steps(open=open):\n    try:\n        yield 1\n    finally:\n        open('witness', 'w').write('done')\n"
        "kept = steps()\nnext(kept)"
    ),
    "child process": (
        "import multiprocessing\n"
        "def work():\n    import time\n    time.sleep(1.5)\n    open('witness', 'w').write('done')\n"
        "multiprocessing.get_context('fork').Process(target=work).start()"
    ),
}
QUICK = """
import os, sys
end = os._exit
os._exit = lambda code: (sys.stdout.write("quick\\n"), sys.stdout.flush(), end(code))
from explainer.cli.console import console
sys.argv = ["explain", *sys.argv[1:]]
console()
"""


# One process imports torch, and each file is explained in a fork of it: a command of its own, but for the two seconds of the import.
FORKS = """
import os, sys
import torch
from explainer.cli.console import console
for folder in sys.argv[1:]:
    child = os.fork()
    if not child:
        os.chdir(folder)
        sys.argv = ["explain", "net.py:Net", "--lang", "en", "-o", "x.md"]
        console()
        sys.exit()
    print(folder, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def explained(folder: Path, *how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *how, "net.py:Net", "--lang", "en", "-o", "x.md"], cwd=folder, capture_output=True, text=True
    )


def test_what_a_file_leaves_for_the_end_happens(tmp_path):
    folders = {ending: tmp_path / ending.replace(" ", "_") for ending in ENDINGS}
    for ending, folder in folders.items():
        folder.mkdir()
        (folder / "net.py").write_text(f"from pathlib import Path\n{ENDINGS[ending]}\n{NET}")
    command = [sys.executable, "-c", FORKS, *map(str, folders.values())]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [f"{folder} 0" for folder in folders.values()], ran.stderr
    said = {ending: (folder / "witness").read_text() for ending, folder in folders.items()}
    assert said == dict.fromkeys(ENDINGS, "done")


def test_an_ordinary_file_ends_quickly_and_the_lesson_is_whole(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    ran = explained(tmp_path, "-c", QUICK)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "quick\n", "")
    assert (tmp_path / "x.md").read_text("utf-8").endswith("\n")


@pytest.mark.slow
def test_a_pdf_ends_quickly_too(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    ran = explained(tmp_path, "-c", QUICK.replace("*sys.argv[1:]", "*sys.argv[1:], '-o', 'x.pdf'"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "quick\n", "")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


def test_the_collector_is_on_while_a_file_is_imported_and_built(tmp_path):
    (tmp_path / "net.py").write_text(
        "import gc\nassert gc.isenabled()\n" + NET.replace("super()", "assert gc.isenabled()\n        super()")
    )
    ran = explained(tmp_path, "-m", "explainer")
    assert ran.returncode == 0, ran.stderr


def test_a_profiler_around_the_command_gets_its_figures(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    ran = explained(tmp_path, "-m", "cProfile", "-o", "figures", "-m", "explainer")
    assert ran.returncode == 0, ran.stderr
    assert pstats.Stats(str(tmp_path / "figures")).total_calls > 1000


def test_exit_codes_are_kept(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    assert explained(tmp_path, "-m", "explainer").returncode == 0
    (tmp_path / "net.py").write_text("raise ValueError('broken')")
    ran = explained(tmp_path, "-m", "explainer")
    assert ran.returncode == 2 and len(ran.stderr.strip().splitlines()) == 1


def test_a_process_that_is_not_ours_keeps_its_collector():
    script = (
        "import gc\nfrom explainer.targets import walk_target\ngc.disable()\n"
        "walk_target('alexnet')\nprint(gc.isenabled(), gc.get_freeze_count())"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False 0"
