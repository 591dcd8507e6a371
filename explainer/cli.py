"""The command line: arguments only. What a command does is in the stages that it calls."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from explainer.errors import UserError
from explainer.text.bi import LANGS, Bi, Lang
from explainer.text.locale import preferred

EXIT_DISAGREES, EXIT_USAGE = 1, 2

HELP = Bi(
    zh="展示神经网络的推导过程：每一层的参数量和输出尺寸，公式、代入、逐步化简，并与PyTorch核对。",
    en="Show the working of a neural network: every layer's parameters and output size, formula, numbers, each step, "
    "checked against PyTorch.",
)
EXPLAIN_HELP = Bi(
    zh="推导一个模型。MODEL是torchvision的模型名（vgg16）、文件里的类（net.py:Net）或 包.模块:名称。",
    en="Explain a model: a torchvision name (vgg16), a class in a file (net.py:Net), or package.module:Name.",
)
RENDER_HELP = Bi(
    zh="把手工改过的Markdown排成PDF或HTML。", en="Turn Markdown, edited by hand perhaps, into PDF or HTML."
)
LIST_HELP = Bi(zh="列出模型名称，可带通配符，如 resnet*。", en="List model names; a pattern may have wildcards: resnet*.")
DOCTOR_HELP = Bi(zh="检查安装情况，缺什么该怎么装。", en="Say what is installed and works, and what to type for what is missing.")
OPTION_HELP = {
    "lang": Bi("语言：zh、en 或 zh,en（双语）；默认按系统语言", "language: zh, en, or zh,en for both; default: the locale's"),
    "input": Bi("输入形状，批量在前，如 1,3,224,224 或 1,128:int64；可重复", "input shape, batch first: 1,3,224,224 or 1,128:int64; may be repeated"),
    "arg": Bi("构造参数，如 num_classes=10；可重复", "constructor argument, num_classes=10; may be repeated"),
    "output": Bi("输出文件，格式由结尾决定：.md .html .pdf .json；可重复", "output file, its ending the format: .md .html .pdf .json; may be repeated"),
    "detail": Bi("详略：brief、standard、full", "how much: brief, standard or full"),
    "times": Bi("乘号：· 或 ×", "the sign between factors: · or ×"),
    "terms": Bi("术语文件（TOML），如 步幅 = \"步长\"", "a TOML file of terms of your own"),
    "train": Bi("按训练模式运行", "explain the training mode instead of evaluation"),
    "debug": Bi("出错时显示完整回溯", "show the traceback of an error"),
}
USAGE = Bi(zh="用法不对：{reason}。运行 explain --help 查看用法。", en="Wrong use: {reason}. Run explain --help.")
UNEXPECTED = Bi(
    zh="程序内部出错（{reason}）：这是explainer的问题，请加 --debug 再运行一次并报告。",
    en="An internal error ({reason}): this is explainer's fault; run again with --debug and report it.",
)
DISAGREES = Bi(
    zh="不一致 ✗　有{n}个数与PyTorch不符，详见输出中标有“不一致”的各处。",
    en="DISAGREES ✗  {n:figure does|figures do} not agree with PyTorch; see the places marked DISAGREES in the output.",
)
WRITTEN = Bi(zh="已写出 {path}", en="Wrote {path}")
NONE_FOUND = Bi(zh="没有符合“{pattern}”的模型名称。", en="No model name matches '{pattern}'.")
UNREADABLE = Bi(zh="读不了 {path}：{reason}。请检查路径，文件须为UTF-8编码。", en="Cannot read {path}: {reason}. Check the path; the file must be UTF-8.")
INTERRUPTED = Bi(zh="已中断，没有留下写了一半的文件。", en="Interrupted; no half-written file was left.")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 all agrees, 1 something disagrees, 2 wrong use or bad input."""
    arguments = sys.argv[1:] if argv is None else argv
    lang = _spoken(arguments)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return int(_commands(lang).main(arguments, prog_name="explain", standalone_mode=False) or 0)
    except UserError as error:
        return _complain(error.message[lang], error, debug)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _complain(USAGE.format(reason=_reason(error)[lang])[lang], error, debug)
    except (KeyboardInterrupt, click.Abort):
        click.echo(INTERRUPTED[lang], err=True)
        return EXIT_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(UNEXPECTED.format(reason=reason)[lang], error, debug)


def _complain(sentence: str, error: BaseException, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    click.echo(sentence, err=True)
    return EXIT_USAGE


def _spoken(arguments: list[str]) -> Lang:
    """The language for messages: the first of --lang, whatever else is wrong with the line; else the locale's."""
    for at, word in enumerate(arguments):
        value = word.partition("=")[2] if word.startswith("--lang=") else arguments[at + 1 : at + 2] if word == "--lang" else ""
        first = (value[0] if isinstance(value, list) and value else str(value)).replace("，", ",").split(",")[0].strip().lower()
        for lang in LANGS:
            if first == lang:
                return lang
    return preferred()


def _reason(error: click.ClickException) -> Bi:
    """click's complaint in both languages."""
    match error:
        case click.NoSuchOption():
            near = f" ({', '.join(error.possibilities)}?)" if error.possibilities else ""
            return Bi(f"没有选项 {error.option_name}{near}", f"there is no option {error.option_name}{near}")
        case click.MissingParameter():
            name = error.param.human_readable_name if error.param else ""
            return Bi(f"缺少 {name}", f"{name} is missing")
        case click.BadParameter():
            name = error.param.opts[-1] if error.param else ""
            choices = getattr(error.param.type, "choices", None) if error.param else None
            allowed = ", ".join(map(str, choices)) if choices else error.message
            return Bi(f"{name} 的值不对，可用的是 {allowed}", f"the value of {name} is not one of {allowed}")
        case click.BadOptionUsage():
            return Bi(f"选项 {error.option_name} 后面要跟一个值", f"option {error.option_name} needs a value")
    return Bi(error.message.rstrip("."), error.message.rstrip("."))


class _DefaultGroup(click.Group):
    """`explain vgg16` is `explain model vgg16`: the first word is a command only if one has that name."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["model", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("--help", "--version"):
            args = ["model", *args]
        return super().parse_args(ctx, args)


def _commands(lang: Lang) -> click.Group:
    """The commands with their help in the user's language."""

    def option(*names: str, text: str, **settings: Any) -> Any:
        return click.option(*names, help=OPTION_HELP[text][lang], **settings)

    @click.group(
        cls=_DefaultGroup, help=HELP[lang], no_args_is_help=False, invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    @click.version_option(package_name="explainer", message="%(version)s")
    @click.pass_context
    def group(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())

    @group.command("model", help=EXPLAIN_HELP[lang])
    @click.argument("model", metavar="MODEL")
    @option("--lang", text="lang", metavar="zh|en|zh,en")
    @option("--input", "inputs", text="input", multiple=True, metavar="SHAPE")
    @option("--arg", "arguments", text="arg", multiple=True, metavar="NAME=VALUE")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE")
    @option("--detail", text="detail", type=click.Choice(["brief", "standard", "full"]), default="standard")
    @option("--times", text="times", type=click.Choice(["·", "×"]), default="·")
    @option("--terms", text="terms", type=Path, metavar="FILE")
    @option("--train", text="train", is_flag=True)
    @option("--debug", text="debug", is_flag=True)
    def model(**given: Any) -> int:
        return _model(lang, **given)

    @group.command("render", help=RENDER_HELP[lang])
    @click.argument("source", type=Path, metavar="FILE.md")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE", required=True)
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def render(**given: Any) -> int:
        return _render(lang, **given)

    @group.command("list", help=LIST_HELP[lang])
    @click.argument("pattern", required=False, default="*")
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def list_(**given: Any) -> int:
        return _list(given["pattern"])

    @group.command("doctor", help=DOCTOR_HELP[lang])
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def doctor(**given: Any) -> int:
        return _doctor(lang)

    return group


def _model(
    spoken: Lang,
    model: str,
    inputs: tuple[str, ...],
    arguments: tuple[str, ...],
    outputs: tuple[Path, ...],
    terms: Path | None,
    train: bool,
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
        from explainer.api import Explanation, langs_of, walk_model
        from explainer.source import load, parse_arguments, parse_input, static_inputs
        from explainer.text.terms import read_terms

        langs = langs_of(style["lang"])
        words = read_terms(terms) if terms else None
        specs = [parse_input(text) for text in inputs]
        stage("build")
        loaded = load(model, parse_arguments(list(arguments)))
        args, kwargs = static_inputs(loaded, specs)
        stage("run")
        walk = walk_model(loaded.model, args, kwargs, name=loaded.name, source=loaded.source, train=train, on_call=stage.call)
        lesson = Explanation(walk, langs, style["detail"], style["times"], words)
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


def _render(spoken: Lang, source: Path, outputs: tuple[Path, ...], **_: Any) -> int:
    """Markdown → HTML, PDF."""
    from explainer.render.save import check_target, from_markdown, write

    try:
        markdown = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8"
        raise UserError(UNREADABLE.format(path=str(source), reason=reason)) from error
    failed = 0
    for path in outputs:
        try:
            check_target(path, (".html", ".pdf"))
            write(path, from_markdown(markdown, path.suffix.lower(), source.parent))
        except UserError as error:
            click.echo(error.message[spoken], err=True)
            failed += 1
    return EXIT_USAGE if failed else 0


def _list(pattern: str) -> int:
    import fnmatch

    from explainer.source import zoo

    wild = pattern.lower() if any(sign in pattern for sign in "*?[") else f"*{pattern.lower()}*"
    found = fnmatch.filter(zoo.names(), wild)
    if not found:
        raise UserError(NONE_FOUND.format(pattern=pattern))
    click.echo("\n".join(found))
    return 0


def _doctor(lang: Lang) -> int:
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


def console() -> None:
    """The `explain` command."""
    sys.exit(main())
