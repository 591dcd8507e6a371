"""800 right answers in other forms, none of which is marked wrong; and wrong ones, none of which is marked right."""

from __future__ import annotations

from random import Random

import pytest
from homework_writing import Hand, another, number_forms, rounded_form
from random_questions import random_question

from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, walk
from explainer.homework.grading.grade import grade
from explainer.homework.grading.shape_answer import asked
from explainer.homework.grading.vocabulary import number_of, vocabulary
from explainer.homework.mistakes import wrong_answers
from explainer.homework.question import Question

RIGHT = ("correct", "equivalent", "rounded")
QUESTIONS = 20  # of each seed
EACH = 5  # forms of each question
SEEDS = range(8)  # 8·20·5 = 800 answers


def questions(seed: int, **options):
    random = Random(seed)
    for _ in range(QUESTIONS):
        yield random_question(random, **options), random


def right_form(question: Question, random: Random) -> str:
    """One way of writing the right answer."""
    if question.is_shape:
        return shape_form(question, random)
    derived = question.derivation
    kind = random.choice(["number", "rounded", "numbers", "numbers", "symbols", "symbols", "working"])
    hand = Hand(random, merge=sides_alike(question))
    if kind == "number" or (kind == "rounded" and derived.value < 1000):
        return number_forms(derived.value, question, random)
    if kind == "rounded":
        return rounded_form(derived.value, random)
    if kind == "working":
        lines = [derived.substituted, *derived.steps, Number(derived.value)]
        if random.random() < 0.5:
            lines.insert(0, derived.symbolic)
        joint = random.choice(["=", " = ", "\n= "])
        return joint.join(hand.write(another(line, random, numbers=False)) for line in lines)
    formula = derived.substituted if kind == "numbers" else derived.symbolic
    text = hand.write(another(formula, random, numbers=kind == "numbers"))
    return f"{text}={derived.value}" if random.random() < 0.3 else text


def shape_form(question: Question, random: Random) -> str:
    sizes = question.sizes if random.random() < 0.4 else asked(question)
    hand = Hand(random, merge=sides_alike(question))
    kind = random.choice(["numbers", "numbers", "formulas", "symbols"])
    values = [str(size.value) for _, size in sizes]
    if kind == "numbers" and len(values) > 1:
        forms = [
            f"[{', '.join(values)}]",
            f"({','.join(values)})",
            "×".join(values),
            "x".join(values),
            "*".join(values),
        ]
        forms += [
            ", ".join(values),
            f"torch.Size([{', '.join(values)}])",
            f"［{'，'.join(values)}］",
            r" \times ".join(values),
        ]
        forms += [f"{values[0]}@{'x'.join(values[1:])}"] if sizes[0][0][:1] == "C" else []
        return random.choice(forms)
    formulas = [size.substituted if kind != "symbols" else size.symbolic for _, size in sizes]
    return f"[{', '.join(hand.write(another(f, random, numbers=kind != 'symbols')).strip('$') for f in formulas)}]"


def sides_alike(question: Question) -> bool:
    return len(vocabulary(question).together("k")) > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_no_right_answer_in_another_form_is_marked_wrong(seed):
    refused = []
    for question, random in questions(seed):
        for _ in range(EACH):
            text = right_form(question, random)
            graded = grade(question, text)
            if graded.verdict not in RIGHT or graded.score != 1:
                refused.append(
                    (question.name, text, graded.verdict, [remark.en for remark in graded.remarks], graded.expected)
                )
    assert not refused, refused


@pytest.mark.parametrize("seed", range(4))
def test_no_result_of_a_mistake_is_marked_right(seed):
    accepted = []
    for question, _ in questions(1000 + seed):
        for wrong in wrong_answers(question)[:12]:
            text = str(list(wrong.value)) if isinstance(wrong.value, tuple) else str(wrong.value)
            graded = grade(question, text)
            if graded.verdict != "wrong" or graded.score:
                accepted.append((question.name, text, graded.verdict, graded.expected))
    assert not accepted, accepted


def broken(expr: Expr, random: Random) -> Expr:
    """A formula with one thing wrong: a number changed, a part left out, a sum for a product, two symbols mixed up."""
    nodes = list(walk(expr))
    target = random.choice(nodes)
    symbols = sorted({node.name: node for node in nodes if isinstance(node, Symbol)}.items())

    def change(node: Expr) -> Expr:
        if node is not target:
            children = node.children()
            return node.rebuilt(tuple(change(child) for child in children)) if children else node
        match node:
            case Number():
                return Number(node.value + random.choice([1, 2, 10]))
            case Symbol() if len(symbols) > 1:
                return random.choice([symbol for name, symbol in symbols if name != node.name])
            case Symbol():
                return Product(((True, node), (True, node)))
            case Sum() | Product():
                at = random.randrange(1, len(node.parts))
                parts = (*node.parts[:at], *node.parts[at + 1 :])
                if random.random() < 0.3:
                    other = Product if isinstance(node, Sum) else Sum
                    return other(node.parts)
                return type(node)(parts) if len(parts) > 1 else parts[0][1]
            case Rounded():
                return Rounded(node.numerator, node.denominator, not node.up)
        return node

    return change(expr)


def differs(a: Expr, b: Expr, question: Question, random: Random) -> bool:
    """Whether two formulas differ for some sizes, found by trying.

    The flags keep their numbers, and so does what is not mentioned: its number may have been put in.
    """
    words = vocabulary(question)
    theirs, ours = ({node.name for node in walk(tree) if isinstance(node, Symbol)} for tree in (a, b))
    put_in = {name: words.numbers[name] for name in ours - theirs}
    held = words.fixed | {name: n for name, n in put_in.items() if n > 1 or name[0] in "spoPN"}
    for _ in range(40):
        values = {name: held.get(name, random.randrange(2, 60)) for name in theirs | ours}
        right = number_of(b, values)
        if right is not None and right.denominator == 1 and right > 0 and number_of(a, values) != right:
            return all(number_of(node.numerator, values) >= 0 for node in walk(b) if isinstance(node, Rounded))
    return False


@pytest.mark.parametrize("seed", range(4))
def test_no_broken_formula_is_marked_right(seed):
    accepted, tried = [], 0
    for question, random in questions(2000 + seed, quantities=("params", "macs", "flops", "activations", "bytes")):
        for _ in range(EACH):
            hand = Hand(random, merge=False)
            symbolic = broken(question.derivation.symbolic, random)
            numeric = broken(question.derivation.substituted, random)
            if number_of(numeric) != question.value:
                tried += 1
                graded = grade(question, hand.write(another(numeric, random, numbers=True)))
                if graded.verdict in RIGHT or graded.score:
                    accepted.append((question.name, graded.given, graded.expected))
            if any(isinstance(node, Symbol) for node in walk(symbolic)) and differs(
                symbolic, question.derivation.symbolic, question, random
            ):
                tried += 1
                graded = grade(question, hand.write(another(symbolic, random, numbers=False)))
                if graded.verdict in RIGHT or graded.score:
                    accepted.append((question.name, graded.given, graded.expected, [r.en for r in graded.remarks]))
    assert tried > QUESTIONS
    assert not accepted, accepted
