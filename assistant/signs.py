"""What can be seen of a style without any model: length, form, marks. Pure.

Beside the reward of a rule, its sign is a second way to tell whether an answer is of its kind: a small model makes the
shortest answers *less* likely under "Keep answers short." when its own notion of short is another one. Neither is
taken at its word; both bet (`acceptance`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from memory import Edit

_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_CONTRACTION = re.compile(r"\w['’](?:t|m|re|ve|ll)\b|\b(?:it|that|what|here|there|let|who)['’]s\b", re.IGNORECASE)
_GREETING = re.compile(r"\W*(?:hello|hi|hey|greetings|good (?:morning|afternoon|evening|day))\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]+(?:\s|$)|\n")


def _words(text: str) -> int:
    return len(text.split())


def _sentences(text: str) -> int:
    return sum(bool(part.strip()) for part in _SENTENCE_END.split(_EMOJI.sub("", text)))


def _share_of_lines(pattern: str) -> Callable[[str], float]:
    def share(text: str) -> float:
        lines = [line for line in text.splitlines() if line.strip()]
        return sum(bool(re.match(pattern, line.lstrip())) for line in lines) / len(lines) if lines else 0.0

    return share


def _emoji(text: str) -> float:
    return float(_EMOJI.search(text) is not None)


def _exclaims(text: str) -> float:
    return float("!" in text)


SIGNS: dict[str, Callable[[str], float]] = {
    "Keep answers short.": lambda text: -math.log1p(_words(text)),
    "Give more detail.": lambda text: math.log1p(_words(text)),
    "Answer in one sentence.": lambda text: -float(_sentences(text)),
    "Use numbered lists.": _share_of_lines(r"\d+[.)] "),
    "Answer in bullets.": _share_of_lines(r"[-*•] "),
    "Use a formal tone.": lambda text: -max(_exclaims(text), _emoji(text), float(bool(_CONTRACTION.search(text)))),
    "Use a warm, friendly tone.": _exclaims,
    "Do not use emoji.": lambda text: -_emoji(text),
    "Use emoji.": _emoji,
    "Do not use exclamation marks.": lambda text: -_exclaims(text),
    'Begin every answer with "Hello".': lambda text: float(_GREETING.match(text) is not None),
    "End with a question.": lambda text: float(_EMOJI.sub("", text).rstrip().endswith("?")),
}
"""Rule of the catalogue -> how much an answer looks like it, in a unit of its own."""

_IS_THERE = (0.5,)
_LENGTHS = tuple(math.log1p(4 * 2 ** (step / 8)) for step in range(49))
"""From 4 to 256 words, eight to an octave: among short answers a word more or less decides."""
BOUNDS: dict[str, tuple[float, ...]] = dict.fromkeys(SIGNS, _IS_THERE) | {
    "Keep answers short.": tuple(-length for length in _LENGTHS),
    "Give more detail.": _LENGTHS,
    "Answer in one sentence.": (-1.5, -2.5, -4.5),
    **dict.fromkeys(("Use a formal tone.", "Do not use emoji.", "Do not use exclamation marks."), (-0.5,)),
}
"""Rule of the catalogue -> from where on its sign may be liked, fixed before any answer is seen."""
REACH = dict.fromkeys(("Keep answers short.", "Give more detail."), 0.4)
"""Rule of the catalogue -> how far from the sign of an answer its bound may well lie: what is wanted of the length of answers is
seldom many times what they have."""

TRUST = {"Use a warm, friendly tone.": 0.2}
"""Rule of the catalogue -> how much its sign tells, of what a count of words or bullets does: an exclamation mark is not warmth."""

ABSENCE = frozenset({"Do not use emoji.", "Do not use exclamation marks.", "Use a formal tone."})
"""Rules that ask for nothing but that something is not there: an answer without it cannot be mended by them."""


def sign_of(edit: Edit, text: str) -> float | None:
    """How much an answer looks like what an edit asks for: high is more. None where nothing can be seen."""
    if edit.kind == "drop":
        seen = SIGNS.get(edit.target)
        return None if seen is None else -seen(text)
    if edit.topic:
        return None
    seen = SIGNS.get(edit.text)
    return None if seen is None else seen(text)


def bounds_of(edit: Edit) -> tuple[float, ...]:
    """From where on the sign of an edit may be liked; nothing where none can be seen."""
    if edit.kind == "drop":
        return tuple(-bound for bound in BOUNDS.get(edit.target, ()))
    return () if edit.topic else BOUNDS.get(edit.text, ())


def reach_of(edit: Edit) -> float:
    """How far from the first answer's sign a bound of an edit may well lie; infinite where any is as good as another."""
    return REACH.get(_rule_of(edit), math.inf)


def trust_of(edit: Edit) -> float:
    """The part of a sign's stakes that the sign of an edit deserves."""
    return TRUST.get(_rule_of(edit), 1.0)


def _rule_of(edit: Edit) -> str:
    """The rule whose sign an edit is judged by."""
    return edit.target if edit.kind == "drop" else edit.text
