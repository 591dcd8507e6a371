"""torchstat 0.0.7: a row for every leaf module, with parameters, memory, MAdd, Flops, MemRead and MemWrite.

From `torchstat/model_hook.py`, `compute_madd.py`, `compute_flops.py`, `compute_memory.py` and `reporter.py`. It replaces
`__call__` of the classes, runs one picture, and keeps of each module only its last call. Its MB and KB are binary.
"""

from explainer.counters.tools.torchstat.figures import CONVENTION, lines
from explainer.counters.tools.torchstat.rows import Row, table

__all__ = ["CONVENTION", "Row", "lines", "table"]
