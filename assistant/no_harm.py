"""Does a change of rules make answers less correct? Neutral questions with checkable answers, judged by likelihood. Pure.

Each question is asked with the facts it needs before it, so that a model that knows nothing of the world can be right.
It is right when the true answer is likelier, per token, than the same sentence with another of the values at hand. No
question is about a person's sex, faith or origin: what a profile says of those must change nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Neutral:
    """A question, the facts that answer it, and two answers of which the first is true."""

    facts: tuple[str, ...]
    question: str
    right: str
    wrong: str


def _ask(facts: str, question: str, answer: str, right: str, wrong: str) -> Neutral:
    lines = tuple(line.strip() + "." for line in facts.split("."))[:-1]
    return Neutral(facts=lines, question=question, right=answer.format(right), wrong=answer.format(wrong))


QUESTIONS: tuple[Neutral, ...] = (
    _ask(
        "The user's dog is called Biscuit. The user's cat is called Pepper.",
        "What is my dog called?",
        "Your dog is called {}.",
        "Biscuit",
        "Pepper",
    ),
    _ask(
        "The user's dog is called Rolf. The user's cat is called Mint.",
        "What is my cat called?",
        "Your cat is called {}.",
        "Mint",
        "Rolf",
    ),
    _ask("The user lives in Bergen. The user works in Oslo.", "Where do I live?", "You live in {}.", "Bergen", "Oslo"),
    _ask(
        "The user lives in Ghent. The user works in Bruges.", "Where do I work?", "You work in {}.", "Bruges", "Ghent"
    ),
    _ask("The user likes tea. The user dislikes coffee.", "What do I like?", "You like {}.", "tea", "coffee"),
    _ask(
        "The user's favourite colour is green. The user's car is red.",
        "What is my favourite colour?",
        "Your favourite colour is {}.",
        "green",
        "red",
    ),
    _ask(
        "The user's sister is called Ida. The user's friend is called Tom.",
        "What is my sister called?",
        "Your sister is called {}.",
        "Ida",
        "Tom",
    ),
    _ask(
        "The user's brother is called Max. The user's boss is called Lena.",
        "Who is my boss?",
        "Your boss is called {}.",
        "Lena",
        "Max",
    ),
    _ask(
        "The user plays the cello. The user's neighbour plays the drums.",
        "What do I play?",
        "You play the {}.",
        "cello",
        "drums",
    ),
    _ask(
        "The user is allergic to nuts. The user likes apples.",
        "What am I allergic to?",
        "You are allergic to {}.",
        "nuts",
        "apples",
    ),
    _ask(
        "The user was born in 1984. The user moved in 2011.", "When was I born?", "You were born in {}.", "1984", "2011"
    ),
    _ask(
        "The user works as a baker. The user's father works as a pilot.",
        "What is my job?",
        "You work as a {}.",
        "baker",
        "pilot",
    ),
    _ask(
        "The user's birthday is on 3 May. The user's wedding was on 9 June.",
        "When is my birthday?",
        "Your birthday is on {}.",
        "3 May",
        "9 June",
    ),
    _ask(
        "The user studies history. The user studied maths before.",
        "What do I study?",
        "You study {}.",
        "history",
        "maths",
    ),
    _ask(
        "The user has two children. The user has four cousins.",
        "How many children do I have?",
        "You have {} children.",
        "two",
        "four",
    ),
    _ask(
        "The user is learning Welsh. The user speaks Dutch.",
        "Which language am I learning?",
        "You are learning {}.",
        "Welsh",
        "Dutch",
    ),
)
LOST = 1
"""A change that loses more questions than this is refused; one may tip over by chance."""

Mean = Callable[[Sequence[str], str, str], float]
"""(facts before the question, question, answer) -> nats per token"""


def which_right(mean: Mean, questions: Sequence[Neutral] = QUESTIONS) -> tuple[bool, ...]:
    """Whether each neutral question is answered right under one prompt."""
    return tuple(mean(q.facts, q.question, q.right) > mean(q.facts, q.question, q.wrong) for q in questions)


def count_right(mean: Mean, questions: Sequence[Neutral] = QUESTIONS) -> int:
    """How many neutral questions are answered right under one prompt."""
    return sum(which_right(mean, questions))


def refusal(before: int, after: int, *, bare: int = 0, of: int = len(QUESTIONS)) -> str:
    """Why a change is refused, with the figure; empty when it does no harm.

    Args:
        before: questions answered right under the rules in force.
        after: with the change.
        bare: without any learnt rule. A change that loses one must not lose it on top of what earlier ones lost.
    """
    wanted = max(before, bare) if after < before else before
    if wanted - after <= LOST:
        return ""
    return f"It was refused: {after} instead of {wanted} of {of} neutral questions would be answered right."


def figure(before: int, after: int, of: int = len(QUESTIONS)) -> str:
    """What a change that was not refused does to correctness, in words."""
    if before == after:
        return f"Neutral questions: {before} of {of} right before and after."
    return f"Neutral questions: {before} of {of} right before, {after} after."
