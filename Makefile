# make demo: everything from nothing to a lesson. make help: the other targets.
#
# Variables: PYTHON (the interpreter that makes .venv), VENV (its place), CONSTRAINTS (a file of versions; empty: the
# newest that pyproject.toml allows, or the torch that is already in VENV), NATIVE=no (install nothing with apt-get),
# PYTEST_ARGS, WORKERS (processes that run the tests), EXAMPLE (what demo explains besides VGG-16: file.py or
# file.py:Class), SHEET (the homework that it checks).

PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
NATIVE ?= yes
PYTEST_ARGS ?=
WORKERS ?= 2
SHEET ?= $(wildcard examples/homework/submissions/20230102_林晓雨.md)
EXAMPLE ?= $(if $(wildcard examples/net.py),examples/net.py:Net)

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
PINNED = $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
EXPLAIN := $(VENV)/bin/explain
# A file's tests stay in one process: what its fixtures make is made once. The files come in the order of tests/conftest.py.
# What is started anew a hundred times is compiled once, whatever the environment says.
PYTEST = env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
INSTALLED := $(VENV)/.installed
DEVELOPED := $(VENV)/.developed
BENCHED := $(VENV)/.benched

# WeasyPrint's native libraries: whether PDF works at all, and whether nothing is left to install.
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
PDF_WORKS = $(PY) -c 'import weasyprint' >/dev/null 2>&1
PDF_COMPLETE = $(PY) -c 'import weasyprint.text.ffi as f; raise SystemExit(getattr(f, "harfbuzz_subset", 1) is None)' \
	>/dev/null 2>&1
FORMATS = md html json $(shell $(PDF_WORKS) && echo pdf)
OUTPUTS = $(foreach format,$(FORMATS),-o build/$(1).$(format))

SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
# $(call apt,packages): a shell command that installs them, or fails.
apt = test '$(NATIVE)' != no && command -v apt-get >/dev/null && { test -z '$(SUDO)' || command -v sudo >/dev/null; } && \
	{ $(SUDO) apt-get -qq update || true; } && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1) >/dev/null

.DEFAULT_GOAL := help
.PHONY: help install demo test test-fast rule lint check bench golden oracles refresh ledger handouts fonts wheel clean distclean pdf-libraries test-programs fuzz answers

help:  ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: $(INSTALLED)  ## make .venv with torch, torchvision and explainer in it

demo: $(INSTALLED) pdf-libraries  ## install what is missing, then explain VGG-16 and an example into build/
	@mkdir -p build
	$(EXPLAIN) vgg16 --lang zh $(call OUTPUTS,vgg16.zh)
	$(EXPLAIN) vgg16 --lang en $(call OUTPUTS,vgg16.en)
	$(if $(EXAMPLE),$(EXPLAIN) $(EXAMPLE) --lang zh$(,)en $(call OUTPUTS,$(basename $(notdir $(EXAMPLE)))))
	@echo
	@echo '完成，文件在 build 文件夹里 / Done, the files are in the folder build:'
	@ls -1 $(foreach name,vgg16.zh vgg16.en $(basename $(notdir $(EXAMPLE))),$(addprefix build/$(name).,$(FORMATS)))
	$(if $(SHEET),@echo; echo '一份批改好的作业 / A graded sheet:')
	$(if $(SHEET),@$(EXPLAIN) check vgg16 $(SHEET) --lang zh || test $$? = 1)  # 1: an answer is wrong, which is the point

test: $(DEVELOPED) pdf-libraries test-programs  ## run every test (PYTEST_ARGS="-k wheel" for some)
	$(PYTEST) $(PYTEST_ARGS)

test-fast: $(DEVELOPED)  ## the tests that take no minutes: all but the whole zoo, PDF, browsers, other programs
	$(PYTEST) -m 'not slow' $(PYTEST_ARGS)

# Every file that has a test for each rule.
RULE_TESTS = $(shell grep -rl --include='test_*.py' 'parametrize."rule"' tests)

rule: $(DEVELOPED)  ## what is tested of one rule, in seconds: make rule NAME=conv2d
	$(PY) -m pytest $(RULE_TESTS) --rule '$(NAME)' $(PYTEST_ARGS)

lint: $(DEVELOPED)  ## ruff, its formatter, mypy, and which package imports which
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

SECONDS ?= 600
ANSWERS ?= 0

fuzz: $(DEVELOPED)  ## hostile answers and files for SECONDS=600; the figures go into docs/sandbox.md
	@$(PY) -c "import atheris" 2>/dev/null || $(PIP) install $(PINNED) -q atheris || echo "atheris: no"
	$(PY) tools/fuzz.py --seconds $(SECONDS) --answers $(ANSWERS) --write

ANSWERS ?= 10000

answers: $(DEVELOPED)  ## so many right and wrong answers as people write them: none crossed, none ticked
	$(PY) tools/people.py --answers $(ANSWERS)

check: lint test  ## lint, then test: what CI runs

bench: $(BENCHED) pdf-libraries  ## time and memory against the bare imports and torchinfo
	$(PY) benchmarks/vgg16.py

golden: $(DEVELOPED) pdf-libraries test-programs  ## run the tests and replace the golden files by what comes out now
	$(PYTEST) --update-golden $(PYTEST_ARGS)

# ORACLES: options of tools/oracles/record.py, e.g. ORACLES='--only small' (a minute), '--tool thop', '--keep'.
ORACLES ?=

oracles: $(INSTALLED)  ## ask the tools that the ledger predicts, in environments of their own, and record their answers
	$(PY) tools/oracles/environments.py
	$(PY) tools/oracles/record.py $(ORACLES)

refresh: $(INSTALLED)  ## ask these tools again about a few models, and compare with the record: what CI runs
	$(PY) tools/oracles/refresh.py

ledger: $(INSTALLED)  ## write build/ledger.md: every tool's figures beside our predictions
	@mkdir -p build
	$(PY) benchmarks/ledger.py -o build/ledger.md

handouts: $(DEVELOPED) pdf-libraries  ## print the gallery in examples/handouts anew (GPT-2 and Mixtral need transformers)
	$(PY) tools/handouts.py $(MODELS)

fonts: $(DEVELOPED)  ## rebuild the bundled fonts from their npm packages (needs npm)
	$(PY) tools/build_fonts.py

wheel: $(DEVELOPED)  ## build the wheel into dist/
	$(PY) -m build --wheel --no-isolation

clean:  ## remove what was built, but not .venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## clean, and remove .venv
	rm -rf $(VENV)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo '需要Python 3.11或更高版本：make PYTHON=python3.12 … / Python 3.11 or newer is needed: make PYTHON=python3.12 …'; \
		exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '无法创建虚拟环境，Debian/Ubuntu请先运行 / No virtual environment could be made; on Debian and Ubuntu run' \
			'apt-get install python3-venv'; exit 1; }

# torch first, so that no other package chooses another one.
$(INSTALLED): pyproject.toml $(CONSTRAINTS) | $(PY)
	$(PIP) install $(PINNED) torch
	$(PIP) install $(PINNED) -e .
	@touch $@

$(DEVELOPED): $(INSTALLED)
	$(PIP) install $(PINNED) -e '.[dev]'
	@touch $@

$(BENCHED): $(INSTALLED)
	$(PIP) install $(PINNED) -e '.[bench]'
	@touch $@

pdf-libraries: $(INSTALLED)
	@$(PDF_COMPLETE) || { $(call apt,$(PANGO)); } || $(PDF_WORKS) || { \
		echo '缺少PDF所需的系统库，这次不生成PDF，其他格式照常。安装方法 / The libraries for PDF are missing: no PDF this'; \
		echo 'time, everything else as usual. To get them:'; $(EXPLAIN) doctor | sed -n '/WeasyPrint/,/→/p'; }

# Playwright's own Node.js needs libatomic, which a bare Debian lacks.
test-programs: $(DEVELOPED)
	@{ command -v chromium || command -v google-chrome; } >/dev/null && $(PY) -m playwright --version >/dev/null 2>&1 || \
		{ $(call apt,chromium libatomic1); } || \
		echo '没有Chromium，浏览器测试会跳过或失败 / No Chromium: the tests in a browser will be skipped or fail.'
	@test -d build/readers/node_modules/gift-pegjs || { command -v npm >/dev/null && \
		npm install --silent --no-audit --no-fund --prefix build/readers gift-pegjs@1.0.2; } || \
		echo '没有npm，GIFT导出的测试会跳过 / No npm: the tests of the GIFT export will be skipped.'
	@command -v bwrap >/dev/null || { $(call apt,bubblewrap); } || \
		echo '没有bubblewrap，沙箱的这一后端不测试 / No bubblewrap: this back end of the sandbox is not tested.'
	@command -v pdftotext >/dev/null || { $(call apt,poppler-utils); } || \
		echo '没有poppler-utils，PDF测试会跳过或失败 / No poppler-utils: the tests of PDFs will be skipped or fail.'

, := ,
