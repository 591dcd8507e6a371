"""What an answer may be at most: everything after these checks takes bounded time and memory.

Far above what anyone writes by hand, far below what would hurt.
"""

from __future__ import annotations

LENGTH = 4_000  # characters
DIGITS = 40  # of one number as written
NESTING = 40  # brackets within brackets
TOKENS = 2_000  # numbers, names and signs of one answer
NODES = 1_500  # numbers and operations of one formula, powers multiplied out
EXPONENT = 64
BITS = 6_000  # of all numbers of a formula together: no intermediate result is longer
STEPS = 80  # sides of equations in one working
DIMENSIONS = 16  # of a shape
LISTS = 3  # lists of one side within each other: `([1, 512])` has two
ALGEBRA = 60_000  # products of two terms in all comparisons of one answer; beyond, it is undecided
TRIED = 150_000  # numbers and operations evaluated in all searches for counterexamples of one answer
