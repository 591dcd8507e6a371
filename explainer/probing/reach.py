"""How far a formula holds: which divisibilities it needs, whether off the lattice too, and far away.

Nothing is taken for granted beyond what was built: a value at which the formula fails ends the range and is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from random import Random

from explainer.probing.lattice import divides
from explainer.probing.prober import Prober
from explainer.walkthrough.family import Counterexample, Domain, Range, Role, Setting, Settings, exact

UP, DOWN = (16, 8, 4, 2), (16, 8, 4, 2)
HALVINGS = 11  # between a value that holds and one that does not
MODULES = 2_500  # of one model: a deeper one takes too long to build
SAMPLES = 200
WAYS = 2  # to break a divisibility
SMOOTH, SUSPICIOUS, ALONE = (
    4,
    16,
    8,
)  # settings drawn from the ranges: where nothing failed so far, where something did, of one number
ROUNDS = 3
DEEPER = 4  # repetitions more than the model's own: deep models take long to build
Predict = Callable[[Settings], Fraction | None]
Changed = dict[str, Setting]


class Reach:
    """Tests a formula at further settings; `domain()` is what is known at the end.

    predict: the number of parameters by the formula. tested: settings at which it is known to hold already.
    """

    def __init__(self, prober: Prober, roles: Mapping[str, Role], predict: Predict, tested: Sequence[Changed]) -> None:
        self.prober, self.roles, self.predict = prober, roles, predict
        self.tested: list[dict[str, Setting]] = [{**prober.base, **changed} for changed in tested]
        self.first = len(self.tested)
        self.failures: list[Counterexample] = []
        self.impossible: set[tuple[str, str]] = set()  # pairs without which nothing can be built
        self.listed: set[str] = set()  # the formula failed between their values
        self.only_tested = False
        self.pairs = [
            (a, b)
            for a, v in prober.own.items()
            for b, w in prober.own.items()
            if divides(v, w) and {"free"} & {roles[a], roles[b]} and {roles[a], roles[b]} <= {"free", "without_effect"}
        ]

    def explore(self) -> None:
        """Everything, in order. Raises OutOfBudget; what was found until then stays."""
        self._holds({name: self.prober.own[name] for name in self.varied})  # the model itself
        self._conditions()
        for name in self.varied:
            self._off_lattice(name)
        for name in self.varied:
            self._far(name)
        self._together()
        self.inside()

    @property
    def varied(self) -> list[str]:
        return [name for name, role in self.roles.items() if role in ("free", "without_effect")]

    def _holds(self, changed: Changed, keep: bool = True) -> bool | None:
        """Whether the formula gives what the model has there; None where it cannot be built."""
        reading = self.prober.at(changed)
        settings = {**self.prober.base, **changed}
        if reading is None:
            return None
        value = self.predict(settings)
        if value == reading.total:
            if settings not in self.tested:
                self.tested.append(settings)
            return True
        if keep:
            said = str(value) if value is not None else "–"
            self.failures.append(Counterexample(tuple(self._differences(settings)), said, reading.total))
        return False

    def _differences(self, settings: Settings) -> list[tuple[str, Setting]]:
        return [(name, value) for name, value in settings.items() if value != self.prober.own[name]]

    # Which divisibilities are needed.

    def _conditions(self) -> None:
        """A pair stays if settings that break it alone, in two ways, cannot be built or have another number.

        One way is not enough: there the formula may fail for another reason, a cap.
        """
        self._drop_broken()
        needed: list[tuple[str, str]] = []
        random = Random(2)
        failed: dict[tuple[str, str], list[frozenset[str]]] = {pair: [] for pair in self.pairs}
        for _ in range(4 * len(self.pairs)):
            unknown = [pair for pair in self.pairs if pair not in needed]
            if not unknown:
                break
            changed = self._breaking(failed, needed, random)
            if changed is None:
                break
            broken = self._broken({**self.prober.base, **changed})
            held = self._holds(changed, keep=False)
            if held:
                self._drop_broken()
            elif len(broken) == 1:
                failed[broken[0]].append(frozenset(changed))
                self.impossible |= {broken[0]} if held is None else set()
                if len(failed[broken[0]]) == WAYS:
                    needed.append(broken[0])
                    self.impossible -= {broken[0]} if held is False else set()

    def _drop_broken(self) -> None:
        """What some setting that holds does not keep is no condition."""
        for settings in self.tested:
            broken = self._broken(settings)
            self.pairs = [pair for pair in self.pairs if pair not in broken]

    def _broken(self, settings: Settings) -> list[tuple[str, str]]:
        return [(a, b) for a, b in self.pairs if settings[b] % settings[a]]

    def _breaking(
        self, failed: Mapping[tuple[str, str], list[frozenset[str]]], needed: list[tuple[str, str]], random: Random
    ) -> Changed | None:
        """A setting that breaks as few unknown pairs as possible, one at least, and keeps the needed ones.

        failed: the numbers that were changed where a pair alone was broken, and the formula failed.
        """
        best: tuple[int, Changed] | None = None
        names = list(dict.fromkeys(name for pair in self.pairs if pair not in needed for name in pair))
        for _ in range(SAMPLES):
            changed = {name: self._sample(name, random) for name in random.sample(names, min(len(names), 2))}
            settings = {**self.prober.base, **changed}
            broken = self._broken(settings)
            if not broken or any(pair in needed for pair in broken):
                continue
            if len(broken) == 1 and frozenset(changed) in failed[broken[0]]:
                continue
            if best is None or len(broken) < best[0]:
                best = (len(broken), changed)
        return best[1] if best else None

    def _sample(self, name: str, random: Random) -> Setting:
        v = self.prober.base[name]
        if isinstance(v, float):
            return v
        factors = [random.choice((1, 2, 3, 5, 7, 12)), random.choice((1, 2, 3, 4, 5, 6, 7, 8))]
        near = [v + random.randint(1, 6), v * factors[0] // factors[1] or 1, random.randint(1, 2 * v)]
        return random.choice(near)

    # Other values of one number.

    def _step(self, name: str) -> int:
        """What its values must be multiples of."""
        below = [self.prober.base[a] for a, b in self.pairs if b == name]
        return lcm(*below) if below else 1  # type: ignore[arg-type]

    def _allowed(self, name: str, value: Setting) -> bool:
        if value == self.prober.base[name] or value <= 0:
            return False
        return not self._broken({**self.prober.base, name: value})

    def _off_lattice(self, name: str) -> None:
        """A value between those tested so far, its divisors that have no effect made 1."""
        v = self.prober.base[name]
        if not isinstance(v, int) or self._tested_step(name) == 1:
            if isinstance(v, float):
                self._holds({name: v * 1.4})
            return
        divisors = [a for a, b in self.pairs if b == name]
        tried: list[Changed] = []
        for small in (1, 3, 5, None):
            other: Changed = dict.fromkeys(divisors, small) if small else {}
            step = lcm(*(int({**self.prober.base, **other}[a]) for a in divisors), 1)
            for value in (v + step, v - step, v + 3 * step):
                changed: Changed = {**other, name: value // step * step}
                if value <= 0 or self._broken({**self.prober.base, **changed}):
                    continue
                held = self._holds(changed, keep=False)
                if held:
                    return
                tried += [changed] if held is False else []
            if not divisors:
                break
        if tried:
            self._holds(tried[-1])

    def _far(self, name: str) -> None:
        """Sixteen times and a sixteenth, or the farthest that can be built."""
        v = self.prober.base[name]
        if isinstance(v, float):
            return
        own = int(self.prober.own[name])
        most = self._most(name)
        step = self._step(name)
        ups = [own * factor // step * step for factor in UP]
        downs = [max(own // factor // step * step, step) for factor in DOWN]
        multiples = [int(self.prober.base[b]) for a, b in self.pairs if a == name]
        if multiples:
            common = gcd(*multiples)
            divisors = [q for q in range(step, common + 1, step) if common % q == 0]
            ups, downs = [q for q in reversed(divisors) if v < q <= UP[0] * own], [q for q in divisors if q < v]
        if name in self._counting():
            ups = [*ups, min(most, 8 * own)]
            downs = [1, *downs]
        for values in (ups, downs):
            self._farthest(name, [q for q in values if q <= most and self._allowed(name, q)])

    def _farthest(self, name: str, values: list[int]) -> None:
        for value in values[:4]:
            held = self._holds({name: value}, keep=False)
            if held:
                return
            if held is False:
                self._between(name, value)
                return

    def _between(self, name: str, bad: int) -> None:
        """The nearest value found at which the formula fails, by halving."""
        v = int(self.prober.base[name])
        step = self._tested_step(name) or 1
        good = [
            int(s[name])
            for s in self.tested
            if (int(s[name]) - v) * (bad - v) > 0 and abs(int(s[name]) - v) < abs(bad - v)
        ]
        low = max([v, *good], key=lambda value: abs(value - v))
        for _ in range(HALVINGS):
            middle = low + int((bad - low) / 2 / step) * step
            if middle in (low, bad) or not self._allowed(name, middle):
                break
            held = self._holds({name: middle}, keep=False)
            if held is False:
                bad = middle
            elif held:
                low = middle
            else:
                break
        self._holds({name: bad})

    def _most(self, name: str) -> int:
        """How large it may be for the model not to have too many modules."""
        base = self.prober.at({})
        other = self.prober.at({name: int(self.prober.base[name]) + 1})
        if base is None or other is None or other.modules <= base.modules:
            return 10**9
        return int(self.prober.base[name]) + (MODULES - base.modules) // (other.modules - base.modules)

    def _counting(self) -> set[str]:
        """Numbers of modules: they may go down to 1, and as far up as models are built."""
        base = self.prober.at({})
        found = set()
        for name in self.varied:
            if base is not None and isinstance(self.prober.base[name], int):
                other = self.prober.at({name: int(self.prober.base[name]) + 1})
                if other is not None and other.modules > base.modules:
                    found.add(name)
        return found

    def _together(self) -> None:
        """All numbers at once, far from where the formula was made."""
        random = Random(3)
        done = 0
        counting = self._counting()
        for _ in range(40):
            changed: Changed = {}
            for name in sorted(self.varied, key=lambda name: (self.prober.base[name], name)):
                v = self.prober.base[name]
                low, high = self._range(name)
                if isinstance(v, float) or name in counting:
                    continue
                tested = self._tested_step(name) or 1
                below = [int(changed.get(a, self.prober.base[a])) for a, b in self.pairs if b == name]
                value = v + random.randint(0, (int(high) - v) // tested) * tested
                if random.random() < 0.5:
                    value = v - random.randint(0, (v - int(low)) // tested) * tested
                if tested == 1 and below:
                    value = value // lcm(*below) * lcm(*below)
                changed[name] = value if low <= value <= high else v
            if self._broken({**self.prober.base, **changed}):
                continue
            held = self._holds(changed)
            if held is False:
                self.tested = self.tested[: self.first]
                return
            done += held is True
            if done == 2:
                return

    # Within what will be said.

    def inside(self) -> None:
        """Values drawn from the ranges themselves; where one fails, what is said shrinks to the values that were built.

        More are drawn where something failed already: a formula that has an end is likelier to have a hole.
        """
        random = Random(4)
        for name in self._suspicious():
            self._all_hold(random, [name], ALONE)
        for _ in range(ROUNDS):
            if self._all_hold(random, self.varied, SUSPICIOUS if self.failures else SMOOTH):
                return
        self.only_tested = True

    def _suspicious(self) -> list[str]:
        """Numbers that failed, alone, at a value between those tested."""
        alone = {one.values[0] for one in self.failures if len(one.values) == 1}
        ranges = {name: self._range(name) for name in self.varied}
        return [n for n in self.varied if any(n == name and ranges[n][0] < v < ranges[n][1] for name, v in alone)]

    def _all_hold(self, random: Random, names: Sequence[str], draws: int) -> bool:
        """Whether the formula holds at all settings drawn; the numbers that spoil one by themselves are listed from then on."""
        for _ in range(draws):
            changed = self._drawn(random, names)
            if not changed or self._broken({**self.prober.base, **changed}) or self._holds(changed) is not False:
                continue
            guilty = [name for name, value in changed.items() if self._holds({name: value}, keep=False) is False]
            if not guilty:
                self.only_tested = True
                return False
            self.listed |= set(guilty)
            if len(names) > 1:
                return False
        return True

    def _drawn(self, random: Random, names: Sequence[str]) -> Changed:
        """Values as the domain will admit them, of a few of the names at once."""
        counting = self._counting()
        changed: Changed = {}
        for name in names if len(names) == 1 else random.sample(list(names), random.randint(1, len(names))):
            v = self.prober.base[name]
            low, high = self._range(name)
            if isinstance(v, float) or name in self.listed:
                changed[name] = random.choice([settings[name] for settings in self.tested])
                continue
            step, own = self._tested_step(name) or 1, int(self.prober.own[name])
            high = min(int(high), own + DEEPER if name in counting else max(int(high), own))
            divisors = [
                int(changed.get(a, self.prober.base[a])) for a, b in self.pairs if b == name and a in self.varied
            ]
            step = lcm(step, *divisors)
            first = own + -(-(int(low) - own) // step) * step
            if first <= high:
                changed[name] = random.randrange(first, high + 1, step)
        return changed

    # What is known at the end.

    def _range(self, name: str) -> tuple[Setting, Setting]:
        values = [settings[name] for settings in self.tested]
        return min(values), max(values)

    def _tested_step(self, name: str) -> int:
        """The greatest common step of all values tested; 0 for one value."""
        own = self.prober.own[name]
        return gcd(*(int(settings[name]) - int(own) for settings in self.tested))

    def domain(self, held_out: int) -> Domain:
        """The ranges tested, with their steps; the divisibilities that are needed; what failed."""
        self._drop_broken()
        ranges = []
        for name in self.varied:
            low, high = self._range(name)
            values = [settings[name] for settings in self.tested]
            only = tuple(sorted(set(values))) if name in self.listed else ()
            ranges.append(Range(name, low, high, _step_of(values, self.prober.own[name]), only))
        return Domain(
            ranges=tuple(ranges),
            divides=tuple(self.pairs),
            tested=tuple(tuple(self._differences(settings)) for settings in self.tested),
            held_out=held_out + len(self.tested) - self.first,
            counterexamples=tuple(self.failures),
            only_tested=self.only_tested,
            strict=tuple(pair for pair in self.pairs if pair not in self.impossible),
        )


def _step_of(values: list[Setting], own: Setting) -> Setting:
    """The greatest number of which all differences are multiples."""
    differences = [abs(Fraction(exact(value)) - Fraction(exact(own))) for value in values]
    common = Fraction(0)
    for difference in differences:
        common = Fraction(
            gcd(common.numerator * difference.denominator, difference.numerator * common.denominator),
            common.denominator * difference.denominator,
        )
    return int(common) if common.denominator == 1 else float(common)
