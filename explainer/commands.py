"""What each command does: the one place that knows every stage."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import click

from explainer.errors import UserError
from explainer.text.bi import Bi, Lang, same

EXIT_DISAGREES, EXIT_USAGE = 1, 2

DISAGREES = Bi(
    zh="不一致 ✗　有{n}个数与PyTorch不符，详见输出中标有“不一致”的各处。",
    en="DISAGREES ✗  {n:figure does|figures do} not agree with PyTorch; see the places marked DISAGREES in the output.",
)
WRITTEN = Bi(zh="已写出 {path}", en="Wrote {path}")
NONE_FOUND = Bi(zh="没有符合“{pattern}”的模型名称。", en="No model name matches '{pattern}'.")
UNREADABLE = Bi(
    zh="读不了 {path}：{reason}。请检查路径，文件须为UTF-8编码。",
    en="Cannot read {path}: {reason}. Check the path; the file must be UTF-8.",
)


def run_model(
    spoken: Lang,
    model: str,
    inputs: tuple[str, ...],
    arguments: tuple[str, ...],
    outputs: tuple[Path, ...],
    terms: Path | None,
    train: bool,
    real: bool,
    **style: Any,
) -> int:
    """source → trace → derive → verify → compose → render, with a progress bar on a terminal."""
    from explainer.progress import progress
    from explainer.render.save import check_target

    unwritable = _failures(outputs, check_target)
    good = [path for path in outputs if path not in unwritable]
    if outputs and not good:
        raise next(iter(unwritable.values()))
    with progress(spoken, len(good)) as stage:
        stage("torch")
        from explainer.api import Explanation, langs_of, walk_guesses
        from explainer.source import input_guesses, load, parse_arguments, parse_input
        from explainer.source.build import for_real
        from explainer.text.terms import read_terms

        langs = langs_of(style["lang"])
        words = read_terms(terms) if terms else None
        specs = [parse_input(text) for text in inputs]
        stage("build")
        building = for_real() if real else nullcontext()
        with redirect_stdout(sys.stderr), building:  # a model's own print() does not belong to the lesson
            loaded = load(model, parse_arguments(list(arguments)))
            guesses = input_guesses(loaded, specs, real)
            stage("run")
            walk = walk_guesses(
                loaded.model,
                guesses,
                name=loaded.name,
                source=loaded.source,
                train=train,
                real=real,
                tolerant=(loaded.invented and not specs) or loaded.weights_only,
                on_call=stage.call,
            )
        lesson = Explanation(walk, langs, style["detail"], style["times"], words, style["group"])
        failed = unwritable | _written(lesson, good, stage)
    if not outputs:
        _show(lesson)
    return _outcome(spoken, lesson, failed, [path for path in good if path not in failed])


def _failures(paths: tuple[Path, ...], check: Any) -> dict[Path, UserError]:
    failed = {}
    for path in paths:
        try:
            check(path)
        except UserError as error:
            failed[path] = error
    return failed


def _written(lesson: Any, paths: list[Path], stage: Any) -> dict[Path, UserError]:
    """Write what can be written; what cannot is reported, and the others are still made."""
    failed: dict[Path, UserError] = {}
    for path in paths:
        stage("write", path=path.name)
        try:
            lesson.save(path)
        except UserError as error:
            failed[path] = error
    return failed


def _show(lesson: Any) -> None:
    """Markdown into a pipe, a readable rendering on a terminal."""
    if not sys.stdout.isatty():
        click.echo(lesson.to_markdown(), nl=False)
        return
    from rich.console import Console

    from explainer.render.terminal import print_document

    print_document(lesson.document(), Console())


def _outcome(lang: Lang, lesson: Any, failed: dict[Path, UserError], written: list[Path]) -> int:
    from explainer.walkthrough import Verdict

    if sys.stderr.isatty():
        for path in written:
            click.echo(WRITTEN.format(path=str(path))[lang], err=True)
    wrong = lesson.walkthrough.checks[Verdict.DISAGREES] + lesson.walkthrough.macs_checks[Verdict.DISAGREES]
    if wrong:
        click.echo(DISAGREES.format(n=wrong)[lang], err=True)
    for error in failed.values():
        click.echo(error.message[lang], err=True)
    return EXIT_USAGE if failed else EXIT_DISAGREES if wrong else 0


def run_render(spoken: Lang, source: Path, outputs: tuple[Path, ...], **_: Any) -> int:
    """Markdown → HTML, PDF."""
    from explainer.render.save import check_target, from_markdown, reason, write

    try:
        markdown = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else same("UTF-8")
        raise UserError(UNREADABLE.format(path=str(source), reason=why)) from error
    failed = 0
    for path in outputs:
        try:
            check_target(path, (".html", ".pdf"))
            write(path, from_markdown(markdown, path.suffix.lower(), source.parent))
        except UserError as error:
            click.echo(error.message[spoken], err=True)
            failed += 1
    return EXIT_USAGE if failed else 0


def run_list(pattern: str) -> int:
    """Model names that match a pattern, one a line."""
    import fnmatch

    from explainer.source import zoo

    wild = pattern.lower() if any(sign in pattern for sign in "*?[") else f"*{pattern.lower()}*"
    found = fnmatch.filter(zoo.names(), wild)
    if not found:
        raise UserError(NONE_FOUND.format(pattern=pattern))
    click.echo("\n".join(found))
    return 0


def run_doctor(lang: Lang) -> int:
    """A line for every part of the installation, with what to type where one is missing."""
    from explainer.doctor import findings

    broken = False
    for finding in findings():
        mark = "✓" if finding.works else "✗" if finding.required else "–"
        line = f"{mark} {finding.name[lang]}" + ("：" if lang == "zh" else ": ") + finding.found[lang]
        if finding.advice:
            line += f"\n    → {finding.advice[lang]}"
        click.echo(line)
        broken = broken or (finding.required and not finding.works)
    return EXIT_USAGE if broken else 0
