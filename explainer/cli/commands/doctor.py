"""`explain doctor`: a line for every part of the installation; the cache's size, or its emptying."""

from __future__ import annotations

from typing import Any

import click

from explainer.cli.declare import Declared, option
from explainer.cli.exit_codes import EXIT_USAGE
from explainer.cli.shared_options import DEBUG, ONE_LANG
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import visible

CACHE = Bi(
    zh="缓存：{count}份讲义，共{kib} KiB，位于 {place}", en="cache: {count:lesson|lessons}, {kib} KiB, in {place}"
)
CLEARED = Bi(
    zh="已清空缓存：删除{count}份讲义，共{kib} KiB。", en="Emptied the cache: {count:lesson|lessons}, {kib} KiB."
)


def run(spoken: Lang, clear_cache: bool, **_: Any) -> int:
    """A line for every part of the installation, with what to type where one is missing; the cache, or its emptying."""
    from explainer import cache
    from explainer.cli.doctor import findings

    if clear_cache:
        count, freed = cache.clear()
        click.echo(CLEARED.format(count=count, kib=-(-freed // 1024))[spoken])
        return 0
    broken = False
    for finding in findings():
        mark = "✓" if finding.works else "✗" if finding.required else "–"
        line = f"{mark} {finding.name[spoken]}" + ("：" if spoken == "zh" else ": ") + finding.found[spoken]
        if finding.advice:
            line += f"\n    → {finding.advice[spoken]}"
        click.echo(line)
        broken = broken or (finding.required and not finding.works)
    count, kept = cache.size()
    click.echo("– " + CACHE.format(count=count, kib=-(-kept // 1024), place=visible(str(cache.folder())))[spoken])
    return EXIT_USAGE if broken else 0


COMMAND = Declared(
    help=Bi(
        zh="检查安装情况，并说明缺少的组件如何安装。",
        en="Say what is installed and works, and what to type for what is missing.",
    ),
    parameters=(
        ONE_LANG,
        option("--clear-cache", help=Bi("清空缓存", "empty the cache"), is_flag=True),
        DEBUG,
    ),
    run=run,
)
