"""torch's machine code can be given back, and whatever is called afterwards works."""

from __future__ import annotations

import subprocess
import sys

import pytest

from explainer.unused_code import unchanged

MAPPINGS = """\
7f0000000000-7f0000010000 r-xp 00000000 fe:00 11 /site/torch/lib/libtorch_cpu.so
Rss:                  64 kB
Private_Dirty:         0 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
7f0000010000-7f0000020000 r--p 00010000 fe:00 11 /site/torch/lib/libtorch_cpu.so
Rss:                  64 kB
Private_Dirty:        {dirty} kB
Anonymous:             0 kB
Swap:                 {swap} kB
7f0000020000-7f0000030000 rw-p 00020000 fe:00 11 /site/torch/lib/libtorch_cpu.so
Private_Dirty:         0 kB
7f0000030000-7f0000040000 r-xp 00000000 fe:00 12 /site/torchvision/_C.so
Private_Dirty:         0 kB
7f0000040000-7f0000050000 r--p 00000000 00:00 0
Private_Dirty:         0 kB
7f0000050000-7f0000060000 r-xp 00000000 fe:00 13 /site/torch/lib/a name of two.so (deleted)
Private_Dirty:         0 kB
"""
CODE, READ_ONLY, OTHER = (
    (0x7F0000000000, 0x7F0000010000),
    (0x7F0000010000, 0x7F0000020000),
    (0x7F0000050000, 0x7F0000060000),
)


@pytest.mark.parametrize(
    ("dirty", "swap", "expected"),
    [(0, 0, [CODE, READ_ONLY, OTHER]), (4, 0, [CODE, OTHER]), (0, 8, [CODE, OTHER])],
)
def test_only_what_the_file_still_has_is_given_back(dirty, swap, expected):
    assert list(unchanged(MAPPINGS.format(dirty=dirty, swap=swap), "/site/torch")) == expected


PROGRAM = """
import torch
from explainer.unused_code import give_back

def resident():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 2))
image = torch.ones(1, 3, 8, 8)
first, before = net(image), resident()
give_back()
after = resident()
assert torch.equal(net(image), first)
net(image).sum().backward()
print((before - after) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which parts of memory are as in the file")
def test_torch_works_after_its_code_was_given_back():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 30  # megabytes


def test_nothing_is_imported_for_it():
    """A page from a file is made where there is no torch: then there is nothing to give back."""
    program = "import sys; from explainer.unused_code import give_back; give_back(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
