"""The cache saves time, and whatever is wrong with it costs time only."""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import explainer
from explainer import cache, targets
from explainer.cache import entries, installed, keys
from explainer.cli.console import main


@pytest.fixture
def runs(monkeypatch):
    """How often a model was really run."""
    real, counted = targets._walked, []

    def counting(*given):
        counted.append(given[0])
        return real(*given)

    monkeypatch.setattr(targets, "_walked", counting)
    return counted


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def lesson(*options: str, target: str = "alexnet") -> bytes:
    assert main([target, "--lang", "zh,en", "-o", "x.md", *options]) == 0
    return Path("x.md").read_bytes()


def only_file(place: Path) -> Path:
    (found,) = place.iterdir()
    return found


def test_the_second_lesson_is_the_first_and_nothing_is_run(runs, capsys):
    first = lesson()
    assert lesson() == first and lesson("--no-cache") == first
    assert lesson("--detail", "full") != first
    assert runs == ["alexnet", "alexnet"]  # the first time, and without the cache
    assert capsys.readouterr().err == ""  # nothing of an older record


def test_questions_are_asked_of_the_cache_too(runs):
    lesson()
    assert main(["ask", "alexnet", "features.0.params", "23296", "--lang", "en"]) == 0
    assert main(["ask", "alexnet", "features.0.params", "23297", "--lang", "en"]) == 1
    assert runs == ["alexnet"]


@pytest.mark.parametrize(
    "options", [("--batch", "2"), ("--train",), ("--input", "1,3,200,200"), ("--arg", "num_classes=7")], ids=str
)
def test_other_arguments_are_another_lesson(options, runs):
    plain = lesson()
    assert lesson(*options) != plain
    assert len(runs) == 2


def test_what_must_be_measured_is_measured(runs):
    lesson()
    assert lesson("--show", "all") == lesson("--show", "all", "--no-cache")
    assert len(runs) == 3


def test_other_versions_rules_or_sources_are_another_key(monkeypatch):
    def key():
        return cache.key("vgg16", (), (), None, False, False)

    before = key()
    assert before == key()
    for name, value in (("_packages", [("torch", "9.9", b"")]), ("_ourselves", "other")):
        with monkeypatch.context() as patch:
            patch.setattr(keys, name, lambda value=value: value)
            assert key() != before


def test_the_versions_are_those_that_python_itself_finds():
    found = {name: version for name, version, _ in keys._packages()}
    assert found.pop("python") == platform.python_version()
    assert found == {name: metadata.version(name) for name in keys._PACKAGES if name in found}
    assert {"explainer", "torch", "torchvision"} <= set(found)


def test_a_plug_in_is_part_of_the_key_and_one_being_written_keeps_nothing(tmp_path, monkeypatch):
    before = cache.key("vgg16", (), (), None, False, False)
    folder = tmp_path / "My_Rules-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[explainer.rules]\nmine = my_rules:RULES\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert ("my_rules", "1.0") in [(name, version) for name, version, _ in keys._packages()]
    with_plugin = cache.key("vgg16", (), (), None, False, False)
    assert with_plugin not in (None, before)
    (folder / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///mine"}')
    assert cache.key("vgg16", (), (), None, False, False) is None


def test_the_first_of_two_installations_counts(tmp_path, monkeypatch):
    (tmp_path / "torch-9.9.9.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert [version for name, version, _ in installed.distributions() if name == "torch"] == ["9.9.9"]


def test_our_sources_count_by_their_contents(tmp_path, monkeypatch):
    home = tmp_path / "explainer"
    shutil.copytree(Path(explainer.__file__).parent, home, ignore=shutil.ignore_patterns("__pycache__", "templates"))
    monkeypatch.setattr(keys, "__file__", str(home / "cache" / "keys.py"))
    before = keys._ourselves()
    rule, page = home / "rules" / "layers" / "linear.py", home / "lesson" / "layer.py"
    os.utime(rule, (1, 1))
    page.write_text("# reads walkthroughs, makes none")
    assert keys._ourselves() == before
    content, status = rule.read_bytes(), rule.stat()
    rule.write_bytes(content.replace(b"F_in", b"F_on", 1))
    os.utime(rule, ns=(status.st_atime_ns, status.st_mtime_ns))  # as long, and as old
    assert keys._ourselves() != before


@pytest.mark.parametrize(
    "target", ["net.py", "net.py:Net", "package.module:Net", "weights.pt", "x.safetensors", "folder/net"]
)
def test_a_user_s_own_files_are_never_kept(target):
    assert cache.key(target, (), (), None, False, False) is None


def test_real_values_are_never_kept():
    assert cache.key("vgg16", (), (), None, False, True) is None


def test_a_configuration_is_known_by_its_contents(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "gpt2", "n_layer": 2}')
    first = cache.key(f"hf:{path}", (), (), None, False, False)
    path.write_text('{"model_type": "gpt2", "n_layer": 3}')
    second = cache.key(f"hf:{path}", (), (), None, False, False)
    assert first and second and first != second
    assert cache.key(f"hf:{tmp_path / 'none.json'}", (), (), None, False, False) is None


def swap(content: bytes) -> bytes:
    """One bit of the packed walkthrough turned."""
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content + b"x",
        swap,
        lambda content: b"something else altogether",
        lambda content: content.replace(b"explainer-cache 1", b"explainer-cache 2"),
    ],
    ids=["empty", "cut", "last byte", "longer", "bit", "foreign", "version"],
)
def test_a_broken_file_costs_time_only(spoil, place, runs):
    first = lesson()
    file = only_file(place)
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    assert lesson() == first
    assert len(runs) == 2
    assert lesson() == first  # mended on the way
    assert len(runs) == 2


def test_an_entry_under_another_model_s_name_is_not_believed(place, runs):
    first, other = lesson(), lesson(target="squeezenet1_1")
    one, two = place.iterdir()
    contents = one.read_bytes(), two.read_bytes()
    one.write_bytes(contents[1])
    two.write_bytes(contents[0])
    assert (lesson(), lesson(target="squeezenet1_1")) == (first, other)
    assert len(runs) == 4


def test_a_folder_in_the_file_s_place_harms_nobody(place, runs):
    first = lesson()
    file = only_file(place)
    file.unlink()
    file.mkdir()
    assert lesson() == first


def test_a_file_in_the_folder_s_place_harms_nobody(place, runs):
    place.write_text("no folder")
    assert lesson() == lesson()
    assert place.read_text() == "no folder"


def test_a_full_disk_leaves_no_half_written_file(place, runs):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a file may have no more bytes: the write stops halfway
    try:
        assert main(["alexnet", "--lang", "en"]) == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(place.iterdir()) == []
    assert lesson() == lesson("--no-cache")
    assert only_file(place).stat().st_size > 1000


def test_a_place_that_nobody_may_write_to_harms_nobody(monkeypatch, runs, capsys):
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", "/proc/explainer")  # not even root can make a folder there
    assert lesson() == lesson("--no-cache") == lesson()
    assert len(runs) == 3
    assert capsys.readouterr().err == ""


def test_a_cache_that_can_only_be_read_is_read(place, monkeypatch, runs):
    first = lesson()
    monkeypatch.setattr(os, "utime", read_only)
    write = Path.write_bytes
    monkeypatch.setattr(
        Path, "write_bytes", lambda path, data: (read_only if place in path.parents else write)(path, data)
    )
    assert lesson() == first
    assert runs == ["alexnet"]


def read_only(*_, **__):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give a file away")
def test_another_user_s_file_is_not_believed(place, runs):
    lesson()
    os.chown(only_file(place), 12345, 12345)
    lesson()
    assert len(runs) == 2


def test_the_least_recently_used_go_first(place, monkeypatch):
    place.mkdir()
    for number in range(4):
        path = place / f"{number}.walkthrough"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 + number, 1000 + number))
    os.utime(place / "0.walkthrough", (2000, 2000))
    (place / "notes.txt").write_text("mine")
    monkeypatch.setattr(entries, "MOST_BYTES", 250)
    entries._evict(place)
    assert sorted(path.name for path in place.iterdir()) == ["0.walkthrough", "3.walkthrough", "notes.txt"]


def test_the_doctor_shows_and_empties_it(place, capsys):
    lesson()
    (place / "notes.txt").write_text("mine")
    main(["doctor", "--lang", "en"])
    assert re.search(rf"cache: 1 lesson, \d+ KiB, in {re.escape(str(place))}", capsys.readouterr().out)
    assert main(["doctor", "--clear-cache", "--lang", "en"]) == 0
    assert "1 lesson" in capsys.readouterr().out
    assert [path.name for path in place.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"EXPLAINER_CACHE_DIR": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/explainer"),
        ({"HOME": "/h"}, "/h/.cache/explainer"),
    ],
)
def test_where_it_is(variables, expected, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("EXPLAINER_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(expected)


def test_from_the_cache_no_torch_is_imported():
    lesson()
    script = (
        "import sys\nfrom explainer.cli.console import main\n"
        "assert main(['alexnet', '--lang', 'en', '-o', 'y.md']) == 0\n"
        "assert main(['ask', 'alexnet', 'features.0.params', '23296', '--lang', 'en']) == 0\n"
        "print(sorted({'torch', 'torchvision', 'numpy', 'sympy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"
