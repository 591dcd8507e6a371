"""The tools' environments: one shared by most, one for each tool that needs libraries of its own.

    python tools/oracles/environments.py [FOLDER]

They share torch, torchvision and explainer with the environment that runs this, through a .pth file, so that a figure
differs because of the tool and never because of torch.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "build" / "oracles"
COMMON = (
    "torchinfo==1.8.0 torchsummary==1.5.1 thop==0.1.1.post2209072238 fvcore==0.1.5.post20221221 ptflops==0.7.5"
    " torchprofile==0.1.0 calflops==0.3.2 accelerate iopath yacs portalocker tabulate termcolor psutil"
)
# torchstat calls DataFrame.append (gone since pandas 2) and np.long (gone in numpy 1.24).
PACKAGES = {
    "common": COMMON,
    "torchstat": "torchstat==0.0.7 pandas==1.5.3 numpy==1.23.5 python-dateutil pytz six",
    "deepspeed": "deepspeed==0.19.8 hjson py-cpuinfo ninja msgpack einops",
}
OPTIONAL = {"deepspeed"}  # a large package that not every machine can install


def environment(tool: str) -> str:
    """The name of the environment that a tool runs in."""
    return tool if tool in PACKAGES else "common"


def python(tool: str, folder: Path = FOLDER) -> Path:
    """The interpreter that a tool runs in."""
    return folder / environment(tool) / "bin" / "python"


def make(name: str, folder: Path = FOLDER) -> bool:
    """Make one environment, or leave it as it is; whether it is there now."""
    place = folder / name
    done = place / ".installed"
    if done.exists() and done.read_text() == PACKAGES[name]:
        return True
    venv.create(place, with_pip=True, clear=True)
    packages = next((place / "lib").glob("python*")) / "site-packages"
    shared = [path for path in site.getsitepackages() if Path(path).is_dir()]
    lines = [f"import site; site.addsitedir({path!r})" for path in shared]
    (packages / "zz_shared.pth").write_text("\n".join(lines) + "\n")
    install = [str(place / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    without_torch = dict(os.environ, DS_BUILD_OPS="0")  # DeepSpeed: nothing to compile; torch is there
    for step in (["wheel"], ["--no-deps", "--no-build-isolation", *PACKAGES[name].split()]):
        if subprocess.run([*install, *step], env=without_torch).returncode:
            return False
    done.write_text(PACKAGES[name])
    return True


def main(arguments: list[str]) -> int:
    """Make them all; fail if one that is needed could not be made."""
    folder = Path(arguments[0]) if arguments else FOLDER
    failed = [name for name in PACKAGES if not make(name, folder)]
    for name in failed:
        print(f"{name}: could not be installed" + (", and is left out" if name in OPTIONAL else ""), file=sys.stderr)
    return int(bool(set(failed) - OPTIONAL))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
