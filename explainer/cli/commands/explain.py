"""`explain MODEL`: source → trace → derive → verify → compose → render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from explainer.cli.declare import Declared, option
from explainer.cli.exit_codes import EXIT_DISAGREES, EXIT_INCOMPLETE, EXIT_USAGE
from explainer.cli.shared_options import CSS, MODEL, OUTPUT, RUNNING
from explainer.cli.show import WRITTEN
from explainer.cli.show import show as show_document
from explainer.cli.strangers_output import strangers_to_stderr
from explainer.cli.walked import walked
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

DISAGREES = Bi(
    zh="✗ 有{n}个数与PyTorch不符，详见输出中标有“不一致”的各处。",
    en="DISAGREES ✗  {n:figure does|figures do} not agree with PyTorch; see the places marked DISAGREES in the output.",
)


def run(
    spoken: Lang,
    model: str,
    outputs: tuple[Path, ...],
    terms: Path | None,
    show: str | None,
    ledger: bool,
    no_figures: bool,
    figure: str | None,
    dtype: str | None,
    tokens: str | None,
    checkpoint: bool,
    shards: int | None,
    what_if: tuple[str, ...],
    css: Path | None,
    **given: Any,
) -> int:
    """The lesson, or with `ledger` the table of what each tool would print; a progress bar on a terminal.

    what_if: the model with other arguments beside it, instead of the lesson.
    """
    if figure is not None:
        from explainer.cli.figure_files import run_figures

        return run_figures(spoken, model, figure, outputs, **given)
    from explainer.cli.progress import progress

    style = ""
    if css is not None:
        from explainer.render.own_style import own_style

        style = own_style(css)
    unwritable = _failures(outputs)
    good = [path for path in outputs if path not in unwritable]
    if outputs and not good:
        raise next(iter(unwritable.values()))
    with progress(spoken, len(good)) as stage, strangers_to_stderr():
        stage("torch")
        from explainer.api import Explanation
        from explainer.cost.plan import plan_of
        from explainer.lesson.terminology import read_terms
        from explainer.measure.needs import needs
        from explainer.options import langs_of, shown_with

        langs = langs_of(given["lang"])
        words = read_terms(terms) if terms else None
        plan = plan_of(dtype, tokens, checkpoint, shards)
        figures = shown_with(show, plan)
        with_json = any(path.suffix.lower() == ".json" for path in good)
        wants = needs(
            figures,
            measure=given["measure"],
            batch=bool(given["batch"]),
            ledger=ledger,
            json=with_json,
            symbols=given["symbols"],
            relatives=given["relatives"],
            detail=given["detail"],
        )
        changes = _changes(what_if, model)
        cached, ideas = wants <= {"ideas"} and not changes, "ideas" in wants and not changes
        walk = walked(stage, model, cached=cached, ideas=ideas, **given)
        lesson = Explanation(
            walk,
            langs,
            given["detail"],
            given["times"],
            words,
            given["group"],
            figures,
            ledger,
            given["measure"],
            bool(given["batch"]),
            plan=plan,
            pictures=not no_figures and bool(good),
            symbols=given["symbols"],
            changes=changes,
            relatives=given["relatives"],
            css=style,
        )
        failed = unwritable | _written(lesson, good, stage)
        document = None if outputs else lesson.document()
    if document is not None:
        show_document(document)
    if walk.recorded:
        from explainer.targets import recorded_by

        click.echo(recorded_by(walk)[spoken], err=True)
    return _outcome(spoken, lesson, failed, [path for path in good if path not in failed])


def _changes(what_if: tuple[str, ...], model: str) -> dict[str, Any]:
    """The arguments of `--what-if`. Raises UserError."""
    if not what_if:
        return {}
    from explainer.walkthrough.file.read import is_walkthrough_file

    if is_walkthrough_file(Path(model)):
        from explainer.what_if import NEEDS_THE_MODEL

        raise UserError(NEEDS_THE_MODEL)
    from explainer.source.construction import parse_changes

    return parse_changes(what_if)


def _failures(paths: tuple[Path, ...]) -> dict[Path, UserError]:
    """The files that cannot be written, each with the reason."""
    from explainer.formats.table import endings
    from explainer.render.files import check_target

    failed = {}
    for path in paths:
        try:
            check_target(path, endings())
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


def _outcome(lang: Lang, lesson: Any, failed: dict[Path, UserError], written: list[Path]) -> int:
    from explainer.walkthrough.incomplete import incomplete
    from explainer.walkthrough.verdict import Verdict

    if sys.stderr.isatty():
        for path in written:
            click.echo(WRITTEN.format(path=str(path))[lang], err=True)
    wrong = lesson.walkthrough.checks[Verdict.DISAGREES] + lesson.walkthrough.macs_checks[Verdict.DISAGREES]
    if wrong:
        click.echo(DISAGREES.format(n=wrong)[lang], err=True)
    for error in failed.values():
        click.echo(error.message[lang], err=True)
    for sentence in incomplete(lesson.walkthrough):
        click.echo(sentence[lang], err=True)
    if failed:
        return EXIT_USAGE
    beside = lesson.walkthrough.what_if
    if not lesson.agrees or (beside is not None and not beside.agrees):
        return EXIT_DISAGREES
    return 0 if lesson.walkthrough.complete else EXIT_INCOMPLETE


COMMAND = Declared(
    help=Bi(
        zh="推导一个模型；“model”可以省略，写 explain vgg16 即可。MODEL是torchvision的模型名（vgg16）、文件里的类（net.py:Net）、"
        "package.module:Name、timm:NAME、hf:NAME、笔记本（.ipynb），或权重文件（.pt、.safetensors、.onnx、.gguf等）。",
        en="Explain a model; the word 'model' may be left out: explain vgg16. MODEL is a torchvision name (vgg16), a class in a "
        "file (net.py:Net), package.module:Name, timm:NAME, hf:NAME, a notebook (.ipynb), or a file of weights (.pt, .safetensors, "
        ".onnx, .gguf, …).",
    ),
    parameters=(
        MODEL,
        option("-o", "--output", "outputs", help=OUTPUT, multiple=True, type=Path, metavar="FILE"),
        option(
            "--detail",
            help=Bi(
                "详略：brief（要点）、handout（讲义，2～5页，附练习）、standard（逐类推导）、full（逐步全写）",
                "how much: brief, handout (two to five pages to print, with exercises), standard or full (every step)",
            ),
            type=click.Choice(["brief", "handout", "standard", "full"]),
            default="standard",
        ),
        option(
            "--show",
            help=Bi(
                "每层显示什么，逗号隔开：params,shape,macs,memory,receptive-field，或 all；默认前三项",
                "what to show of each layer: params,shape,macs,memory,receptive-field, or all; default: the first three",
            ),
            metavar="WHAT,…",
        ),
        option(
            "--group",
            help=Bi(
                "合计方式：block（顶层模块）、kind（层的类型）、stage（特征图大小）",
                "subtotals by top-level block, by kind of layer, or by stage (size of the feature map)",
            ),
            type=click.Choice(["block", "kind", "stage"]),
        ),
        option(
            "--ledger",
            help=Bi("列出各工具给出的数及其由来", "what each tool would print for this model, and why"),
            is_flag=True,
        ),
        option(
            "--measure",
            help=Bi("实际保存一次，测量文件大小", "save the model once for real and measure the file"),
            is_flag=True,
        ),
        option(
            "--symbols",
            help=Bi(
                "用构造参数写出同系列模型的参数量公式，并在多组取值下验证",
                "the family's formula for the parameters, in what the model is built with, tested at other values",
            ),
            is_flag=True,
        ),
        option(
            "--relatives",
            help=Bi(
                "列出同系列的现成模型（如ResNet-18～152），逐个构造并核对",
                "the ready-made models of the family (ResNet-18 to 152) as a table, each built and checked",
            ),
            is_flag=True,
        ),
        option(
            "--what-if",
            "what_if",
            help=Bi(
                "改变一个构造参数，看参数量、计算量和输出尺寸怎样变化，如 width_per_group=128；可重复，同时生效",
                "change an argument of the model and see what becomes of it: width_per_group=128; several work together",
            ),
            multiple=True,
            metavar="NAME=VALUE",
        ),
        option(
            "--dtype",
            help=Bi(
                "按此数值格式计内存：float32、float16、bfloat16（参数和特征图），int8、int4（只有参数）",
                "the memory in this number format: float32, float16, bfloat16 (parameters and activations), int8, int4 (parameters alone)",
            ),
            metavar="FORMAT",
        ),
        option(
            "--tokens",
            help=Bi(
                "训练所用的词元数，如 300B、3000亿：估算6·N·D", "tokens of a training, as 300B: the estimate 6·N·D"
            ),
            metavar="N",
        ),
        option("--checkpoint", help=Bi("训练用梯度检查点", "training with gradient checkpointing"), is_flag=True),
        option(
            "--shards",
            help=Bi(
                "训练时分担参数、梯度和状态的设备数（ZeRO 1–3）", "devices that share training's states (ZeRO 1 to 3)"
            ),
            type=int,
            metavar="N",
        ),
        option(
            "--times",
            help=Bi("乘号：· 或 ×", "the sign between factors: · or ×"),
            type=click.Choice(["·", "×"]),
            default="·",
        ),
        option(
            "--terms",
            help=Bi(
                '术语文件（TOML），如 "步幅" = "步长"', 'a TOML file of terms of your own, such as "kernel" = "filter"'
            ),
            type=Path,
            metavar="FILE",
        ),
        CSS,
        option("--no-figures", "no_figures", help=Bi("不要插图", "no figures"), is_flag=True),
        option(
            "--figure",
            help=Bi(
                "只要插图：volumes、kernel、bars……，或 all；-o 写到 .svg、.png、.pdf，或文件夹",
                "figures by themselves: volumes, kernel, bars, …, or all; -o takes .svg, .png, .pdf or a folder",
            ),
            metavar="NAME,…",
        ),
        *RUNNING,
    ),
    run=run,
)
