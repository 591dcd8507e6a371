"""What all tests share: the golden-file flag, one VGG16, and the command line run in-process."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from nets import zoo_walk

import explainer.rules
from explainer.api import Explanation
from explainer.cli import console as cli
from explainer.rules import Registry

GOLDEN = Path(__file__).parent / "golden"

# The same examples on every machine; `--hypothesis-profile=search` looks further.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile("steady")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew instead of comparing")
    parser.addoption("--rule", metavar="NAME", help="only what is tested of the rule of that name")


# Whole zoos, PDFs, browsers, other programs and processes, campaigns of random input, answers by the hundred, handouts with their family
# (models built dozens of times): minutes, not seconds. What is left takes two minutes on two slow cores.
SLOW = re.compile(
    r"tests/(hostile/|walkthrough/test_(torch_free|file|story|difference|measured_file)|oracles/"
    r"|probing/test_family|recognition/test_(rotary|random_names|unusual_styles)|lesson/test_(remarks|handout|why_and_miniature)"
    r"|tracing/test_(flops|lean_torch|provenance)|figures/test_(in_documents|blocks_opened)|cli/test_leave|source/test_user_files"
    r"|test_(zoo|libraries|wheel|benchmarks|examples|ledger|ledger_ops|ledger_rules|random_nets|seeds|cache|speed|cli|commands|language)\.py"
    r"|test_(what_if|relatives|which|which_variants|gallery|source|fold|formula|torch_missing|twenty|docs_are_true)\.py"
    r"|cost/test_cost_(peak|symbols|training|file|texts|receptive)\.py|cost/test_(measured_once|planning)\.py|rules/test_agreement\.py"
    r"|render/test_(html|pdf|json|markdown|page_boxes|page_breaks|quicker|red_pencil)\.py"
    r"|homework/test_(sandbox|compare|fuzz|forms|pdf_form|pdf_text|exports|classroom|sheets|sheet_file|mistakes|diagnosis|edition|as_typed"
    r"|written|people|submissions|formats|large_class|campaign)\w*\.py)"
)


# A minute and half a minute each: with several workers they are begun first, so that none has one left when the others are done.
LONGEST = re.compile(
    r"tests/(probing/test_family|test_(gallery|what_if|relatives|wheel|examples|libraries)|homework/test_sandbox)\.py"
)


def _turn(item) -> int:
    """The longest files, then what is slow, then all else; within each the order stays."""
    return 0 if LONGEST.search(Path(item.path).as_posix()) else 1 if item.get_closest_marker("slow") else 2


def pytest_collection_modifyitems(config, items):
    """What is slow is marked so, and comes first; --rule NAME leaves the tests that have this rule as their parameter."""
    for item in items:
        if SLOW.search(Path(item.path).as_posix()):
            item.add_marker("slow")
    items.sort(key=_turn)
    name = config.getoption("--rule")
    if name:
        rules = [getattr(item, "callspec", None) and item.callspec.params.get("rule") for item in items]
        kept = [item for item, rule in zip(items, rules, strict=True) if getattr(rule, "name", None) == name]
        if not kept:
            raise pytest.UsageError(f"no test has a rule named {name}")
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


@dataclass(frozen=True)
class Ran:
    """A command that has run: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """stderr as the one line that an error must be."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@pytest.fixture
def run(capsys):
    """`run("vgg16", "--lang", "zh")` is the command `explain vgg16 --lang zh`, in this process."""

    def run_command(*arguments: object) -> Ran:
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run_command


@pytest.fixture(autouse=True)
def _english_locale(monkeypatch):
    """Without --lang the language is that of the locale, and the tests' locale is English."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture(scope="session")
def vgg16():
    """The walkthrough of torchvision's VGG16."""
    return zoo_walk("vgg16")


@pytest.fixture(scope="session")
def resnet18():
    return zoo_walk("resnet18")


@pytest.fixture(scope="session")
def vgg16_pages(vgg16):
    """VGG16's Markdown by language: zh, en, and zh,en."""
    languages = {"zh": ("zh",), "en": ("en",), "zh,en": ("zh", "en")}
    return {name: Explanation(vgg16, langs).to_markdown() for name, langs in languages.items()}


@pytest.fixture
def without_rule(monkeypatch):
    """`without_rule("layer_norm")`: explainer as it would be without the rule of that name."""

    def take_out(name: str) -> None:
        left = Registry(rule for rule in explainer.rules.default_registry().rules if rule.name != name)
        monkeypatch.setattr(explainer.rules, "default_registry", lambda: left)

    return take_out


@pytest.fixture
def golden(request):
    """Compare a text with a file of tests/golden, or write it with --update-golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{name} is missing: run pytest --update-golden"
        assert text == path.read_text(encoding="utf-8"), f"{name} differs: if rightly so, run pytest --update-golden"

    return compare


@pytest.fixture(scope="session")
def _caches(tmp_path_factory):
    return tmp_path_factory.mktemp("caches"), count()


@pytest.fixture(autouse=True)
def own_cache(_caches, monkeypatch):
    """No test finds what another kept, and none touches the user's cache. (A folder is made by whoever keeps something.)"""
    folder, number = _caches
    monkeypatch.setenv("EXPLAINER_CACHE_DIR", str(folder / str(next(number))))
