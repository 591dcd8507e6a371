"""The benchmark's own arithmetic; what it measures is not a test's business."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parent.parent / "benchmarks" / "vgg16.py"


@pytest.fixture(scope="module")
def vgg16() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarks_vgg16", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


# From a small process: a child's peak memory begins with what its parent had.
MEASURE_TWO = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from vgg16 import measured
for code in ("pass", "import time; b = b'x' * 10**8; time.sleep(0.3)"):
    cost = measured([sys.executable, "-c", code], Path.cwd())
    print(cost.seconds, cost.megabytes)
"""


def test_a_process_is_measured_with_its_memory(tmp_path: Path) -> None:
    printed = subprocess.check_output(
        [sys.executable, "-c", MEASURE_TWO, str(FILE.parent)], cwd=tmp_path, encoding="utf-8"
    )
    (_, little), (seconds, much) = ([float(word) for word in line.split()] for line in printed.splitlines())
    assert 90 < much - little < 120
    assert seconds > 0.3


def test_a_process_that_fails_is_told_with_its_message(vgg16: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit code 3\noh no"):
        vgg16.measured([sys.executable, "-c", "import sys; sys.stderr.write('oh no'); sys.exit(3)"], tmp_path)


def test_the_report_has_the_ratios_and_judges_the_targets(vgg16: ModuleType) -> None:
    best = {
        vgg16.FLOOR: vgg16.Cost(2.0, 300.0),
        vgg16.OURS: vgg16.Cost(2.4, 390.0),
        vgg16.PDF: vgg16.Cost(6.0, 400.0),
        vgg16.OTHER: vgg16.Cost(3.0, 900.0),
    }
    report = vgg16.report(best)
    assert "| explain → .md | 2.40 | 1.20 | 390 | 1.30 |" in report
    assert [target.met(best) for target in vgg16.TARGETS] == [True, False, True, True, True]
    assert report.count("**missed**") == 1
