"""`explain render`, `explain list`, `explain doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from explainer.cli.exit_codes import EXIT_USAGE
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import visible

NONE_FOUND = Bi(zh="没有符合“{pattern}”的模型名称。", en="No model name matches '{pattern}'.")
UNREADABLE = Bi(
    zh="读不了 {path}：{reason}。请检查路径，文件须为UTF-8编码。",
    en="Cannot read {path}: {reason}. Check the path; the file must be UTF-8.",
)


def run_render(spoken: Lang, source: Path, outputs: tuple[Path, ...], **_: Any) -> int:
    """Markdown → HTML, PDF."""
    from explainer.render.files import check_target, from_markdown, reason, write

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

    from explainer.source import torchvision_models as zoo

    wild = pattern.lower() if any(sign in pattern for sign in "*?[") else f"*{pattern.lower()}*"
    found = fnmatch.filter(zoo.names(), wild)
    if not found:
        raise UserError(NONE_FOUND.format(pattern=pattern))
    click.echo("\n".join(found))
    return 0


CACHE = Bi(
    zh="缓存：{count}份讲解，共{kib} KiB，位于 {place}", en="cache: {count:lesson|lessons}, {kib} KiB, in {place}"
)
CLEARED = Bi(
    zh="已清空缓存：删除{count}份讲解，共{kib} KiB。", en="Emptied the cache: {count:lesson|lessons}, {kib} KiB."
)


def run_doctor(lang: Lang, clear_cache: bool = False) -> int:
    """A line for every part of the installation, with what to type where one is missing; the cache, or its emptying."""
    from explainer import cache
    from explainer.cli.doctor import findings

    if clear_cache:
        count, freed = cache.clear()
        click.echo(CLEARED.format(count=count, kib=-(-freed // 1024))[lang])
        return 0
    broken = False
    for finding in findings():
        mark = "✓" if finding.works else "✗" if finding.required else "–"
        line = f"{mark} {finding.name[lang]}" + ("：" if lang == "zh" else ": ") + finding.found[lang]
        if finding.advice:
            line += f"\n    → {finding.advice[lang]}"
        click.echo(line)
        broken = broken or (finding.required and not finding.works)
    count, kept = cache.size()
    click.echo("– " + CACHE.format(count=count, kib=-(-kept // 1024), place=visible(str(cache.folder())))[lang])
    return EXIT_USAGE if broken else 0
