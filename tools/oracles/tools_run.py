"""How each tool is asked for its figures, and what it needs: one entry a tool, an `@oracle` over the function that asks.

The name is that of the tool's model (`CounterModel.name`): `ptflops-aten` with its backend. Nothing is imported but what
Python brings along, so that the environments can be made where no tool is; a tool is imported when it is asked.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

Figures = dict[str, Any]


@dataclass(frozen=True)
class Oracle:
    """One tool. ask(model, input): its figures, on the CPU.

    packages: what pip installs for it, nothing for what comes with torch. module: what is imported to see that it is
    there. environment: most share `common`; one with libraries of its own has its own. optional: a large package that
    not every machine can install. newest: the newest Python that its libraries were built for.
    """

    name: str
    ask: Callable[[nn.Module, torch.Tensor], Figures]
    packages: str
    module: str
    environment: str = "common"
    optional: bool = False
    newest: tuple[int, int] | None = None


ORACLES: dict[str, Oracle] = {}


def oracle(
    name: str, packages: str, module: str = "", **more: Any
) -> Callable[[Callable[[nn.Module, torch.Tensor], Figures]], Callable[[nn.Module, torch.Tensor], Figures]]:
    """Enter the function into the table."""

    def entered(ask: Callable[[nn.Module, torch.Tensor], Figures]) -> Callable[[nn.Module, torch.Tensor], Figures]:
        ORACLES[name] = Oracle(name, ask, packages, module or name, **more)
        return ask

    return entered


def prepare(tool: str) -> None:
    """Import the tool once, before the forks."""
    importlib.import_module(ORACLES[tool].module)


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """What a tool prints goes nowhere."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        yield out


@oracle("torch", packages="", module="torch.utils.flop_counter")
def of_torch(model: nn.Module, x: torch.Tensor) -> Figures:
    """torch's counter on the meta device, and on the CPU, where fused attention has no formula."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as cpu:
        model(x)
    with torch.no_grad(), FlopCounterMode(display=False) as meta:
        model.to("meta")(x.to("meta"))
    return {"flops": meta.get_total_flops(), "flops_cpu": cpu.get_total_flops()}


@oracle("torchinfo", packages="torchinfo==1.8.0")
def of_torchinfo(model: nn.Module, x: torch.Tensor) -> Figures:
    """As users call it: by the input's size (an integer input by its dtype too)."""
    from torchinfo import summary

    found = summary(model, input_size=tuple(x.shape), dtypes=[x.dtype], verbose=0)
    return {
        "mult_adds": found.total_mult_adds,
        "params": found.total_params,
        "trainable": found.trainable_params,
        "input_bytes": found.total_input,
        "output_bytes": found.total_output_bytes,
        "param_bytes": found.total_param_bytes,
        "total_bytes": found.total_input + found.total_output_bytes + found.total_param_bytes,
    }


@oracle("torchsummary", packages="torchsummary==1.5.1")
def of_torchsummary(model: nn.Module, x: torch.Tensor) -> Figures:
    """It returns nothing: its printed table is read. The input's batch is replaced by 2, and -1 stands for it."""
    from torchsummary import summary

    with quiet() as out:
        summary(model, tuple(x.shape[1:]), device="cpu")
    table = out.getvalue()
    rows = re.findall(r"^ *(\S+-\d+) +(\[.*\]) +([\d,]+)$", table, re.MULTILINE)
    figures = dict(re.findall(r"^(.*): ([\d.,]+)$", table, re.MULTILINE))
    return {
        "params": int(figures["Total params"].replace(",", "")),
        "trainable": int(figures["Trainable params"].replace(",", "")),
        "input_mib": figures["Input size (MB)"],
        "output_mib": figures["Forward/backward pass size (MB)"],
        "param_mib": figures["Params size (MB)"],
        "total_mib": figures["Estimated Total Size (MB)"],
        "rows": [[name, shape, int(count.replace(",", ""))] for name, shape, count in rows],
    }


# It calls DataFrame.append (gone since pandas 2) and np.long (gone in numpy 1.24).
@oracle(
    "torchstat",
    packages="torchstat==0.0.7 pandas==1.5.3 numpy==1.23.5",
    environment="torchstat",
    newest=(3, 11),
)
def of_torchstat(model: nn.Module, x: torch.Tensor) -> Figures:
    """Its table row by row, and the lines below it, the row of totals with its two wrong figures among them."""
    from torchstat.reporter import report_format
    from torchstat.statistics import ModelStat

    nodes = ModelStat(model, tuple(x.shape[1:]), 1)._analyze_model()
    report = report_format(nodes)
    rows = [
        [
            node.name,
            list(map(int, node.input_shape)),
            list(map(int, node.output_shape)),
            int(node.parameter_quantity),
            float(node.inference_memory),
            int(node.MAdd),
            int(node.Flops),
            int(node.Memory[0]),
            int(node.Memory[1]),
        ]
        for node in nodes
    ]
    total = re.search(r"^ *total .*$", report, re.MULTILINE)
    assert total is not None
    totals = total[0].split()
    totals[7] = ""  # each module's share of the time, which adds up to 99.9… or 100 %, by chance
    return {
        "params": sum(row[3] for row in rows),
        "madd": sum(row[5] for row in rows),
        "flops": sum(row[6] for row in rows),
        "total_row": totals,
        "printed": dict(re.findall(r"^Total ([\w+]+): (\S+)$", report, re.MULTILINE)),
        "rows": rows,
    }


@oracle("thop", packages="thop==0.1.1.post2209072238")
def of_thop(model: nn.Module, x: torch.Tensor) -> Figures:
    """`profile`: macs and params."""
    from thop import profile

    macs, params = profile(model, inputs=(x,), verbose=False)
    return {"macs": _whole(macs), "params": _whole(params)}


@oracle("fvcore", packages="fvcore==0.1.5.post20221221", module="fvcore.nn")
def of_fvcore(model: nn.Module, x: torch.Tensor) -> Figures:
    """The total, operator by operator, and what it does not know."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    found = FlopCountAnalysis(model, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return {
        "flops": _whole(found.total()),
        "by_operator": {name: _whole(count) for name, count in found.by_operator().items()},
        "unsupported": dict(found.unsupported_ops()),
        "params": parameter_count(model)[""],
    }


@oracle("ptflops-pytorch", packages="ptflops==0.7.5", module="ptflops")
def of_ptflops_pytorch(model: nn.Module, x: torch.Tensor) -> Figures:
    """`get_model_complexity_info` with its default backend."""
    return _ptflops(model, x, "pytorch")


@oracle("ptflops-aten", packages="ptflops==0.7.5", module="ptflops")
def of_ptflops_aten(model: nn.Module, x: torch.Tensor) -> Figures:
    """The same with the backend that watches torch's dispatcher."""
    return _ptflops(model, x, "aten")


def _ptflops(model: nn.Module, x: torch.Tensor, backend: str) -> Figures:
    from ptflops import get_model_complexity_info

    macs, params = get_model_complexity_info(
        model,
        tuple(x.shape[1:]),
        as_strings=False,
        print_per_layer_stat=False,
        input_constructor=lambda _: x,
        backend=backend,
    )
    if macs is None:
        raise RuntimeError("ptflops gave up on this model")
    return {"macs": _whole(macs), "params": _whole(params)}


@oracle("torchprofile", packages="torchprofile==0.1.0")
def of_torchprofile(model: nn.Module, x: torch.Tensor) -> Figures:
    """`profile_macs`."""
    from torchprofile import profile_macs

    return {"macs": _whole(profile_macs(model, x))}


# It imports transformers without saying so.
@oracle("calflops", packages="calflops==0.3.2 transformers")
def of_calflops(model: nn.Module, x: torch.Tensor) -> Figures:
    """`calculate_flops` on the input itself."""
    from calflops import calculate_flops

    flops, macs, params = calculate_flops(model, args=[x], print_results=False, output_as_string=False)
    return {"flops": _whole(flops), "macs": _whole(macs), "params": _whole(params)}


@oracle(
    "deepspeed",
    packages="deepspeed==0.19.8",
    module="deepspeed.profiling.flops_profiler",
    environment="deepspeed",
    optional=True,
)
def of_deepspeed(model: nn.Module, x: torch.Tensor) -> Figures:
    """`get_model_profile` without its warm-up."""
    from deepspeed.profiling.flops_profiler import get_model_profile

    flops, macs, params = get_model_profile(model, args=[x], print_profile=False, warm_up=0, as_string=False)
    return {"flops": _whole(flops), "macs": _whole(macs), "params": _whole(params)}


def _whole(number: Any) -> int | float:
    """Tools return floats and numpy numbers: a whole one is an integer."""
    value = float(number)
    return int(number) if value == int(value) else value
