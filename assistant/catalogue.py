"""The rules that feedback can teach without anyone having to write one: a fixed list, as data, and what contradicts what.

A model too small to propose anything still learns from it: the list is there before the first rating, so every rating
judges all of it. The words are those that the built-in model was trained on, and plain enough for any other.
"""

from __future__ import annotations

from dataclasses import dataclass

REASONS = ("too long", "too short", "tone", "format", "wrong", "outdated memory", "ignored my preference", "other")
FACT_REASONS = frozenset({"wrong", "outdated memory"})
"""These are about what was said, not how: they go to the memory that was used and never into refinement."""


@dataclass(frozen=True, kw_only=True)
class StyleRule:
    text: str
    axes: tuple[str, ...]
    """Two rules that share an axis cannot both hold."""
    reasons: tuple[str, ...]
    """The reasons for a thumb down that may ask for it."""
    words: tuple[str, ...] = ()
    """Beginnings of words in a comment that ask for it."""
    default: bool = False
    """What its first reason asks for when the comment says nothing more."""
    weight: float = 1.0
    """How many times the stakes of another rule it has: what people ask for most is found soonest."""


CATALOGUE = (
    StyleRule(
        text="Keep answers short.",
        axes=("length",),
        reasons=("too long",),
        words=("short", "brief", "too long"),
        default=True,
        weight=2.0,
    ),
    StyleRule(
        text="Give more detail.",
        axes=("length",),
        reasons=("too short",),
        words=("detail", "longer", "too short"),
        default=True,
        weight=2.0,
    ),
    StyleRule(
        text="Answer in one sentence.",
        axes=("length", "form"),
        reasons=("too long", "format"),
        words=("one sentence", "a sentence", "sentence"),
    ),
    StyleRule(
        text="Use numbered lists.",
        axes=("form",),
        reasons=("format",),
        words=("number", "1.", "steps"),
    ),
    StyleRule(
        text="Answer in bullets.",
        axes=("form",),
        reasons=("format",),
        words=("bullet", "list"),
    ),
    StyleRule(
        text="Use a formal tone.",
        axes=("manner",),
        reasons=("tone",),
        words=("formal", "polite"),
    ),
    StyleRule(
        text="Use a warm, friendly tone.",
        axes=("manner",),
        reasons=("tone",),
        words=("warm", "friendl", "kind", "cold"),
        default=True,
    ),
    StyleRule(
        text="Answer in plain words.",
        axes=("manner",),
        reasons=("format", "tone"),
        words=("plain", "simple"),
        default=True,
    ),
    StyleRule(
        text="Do not use emoji.",
        axes=("emoji",),
        reasons=("tone", "format", "other"),
        words=("no emoji", "without emoji", "stop the emoji", "not use emoji"),
    ),
    StyleRule(
        text="Use emoji.",
        axes=("emoji",),
        reasons=("tone", "format", "other"),
        words=("emoji", "smiley"),
    ),
    StyleRule(
        text="Do not use exclamation marks.",
        axes=("exclamation",),
        reasons=("tone", "format", "other"),
        words=("exclamation",),
    ),
    StyleRule(
        text="End with a question.",
        axes=("question",),
        reasons=("tone", "format", "other"),
        words=("question", "ask me"),
    ),
    StyleRule(
        text="Address the user by name.",
        axes=("address",),
        reasons=("tone", "other"),
        words=("my name", "by name"),
    ),
    StyleRule(
        text='Begin every answer with "Hello".',
        axes=("opening",),
        reasons=("tone", "other"),
        words=("greet", "hello", "say hi"),
    ),
)
BY_TEXT = {rule.text: rule for rule in CATALOGUE}


def rule_for(reason: str, comment: str) -> str | None:
    """The rule that a reason asks for, with what its comment adds; None when it asks for none."""
    fitting = [rule for rule in CATALOGUE if reason in rule.reasons]
    said = comment.lower()
    for rule in fitting:
        if any(word in said for word in rule.words):
            return rule.text
    return next((rule.text for rule in fitting if rule.default and rule.reasons[0] == reason), None)


def weight_of(text: str) -> float:
    """The part of the stakes of its batch that a rule bets with, in those of a rule that nothing is known of."""
    return BY_TEXT[text].weight if text in BY_TEXT else 1.0


def contradict(one: str, other: str) -> bool:
    """Do two rules of the catalogue ask for opposite things? Rules of any other words never do, as far as is known here."""
    if one == other or one not in BY_TEXT or other not in BY_TEXT:
        return False
    return bool(set(BY_TEXT[one].axes) & set(BY_TEXT[other].axes))


def about(text: str, reasons: tuple[str, ...]) -> bool:
    """May a thumb with these reasons speak for or against this rule? Without a reason of style it may for any rule.

    A dislike for its tone says nothing about length.
    """
    style = [
        reason for reason in reasons if reason not in FACT_REASONS and reason not in ("other", "ignored my preference")
    ]
    if not style or text not in BY_TEXT:
        return True
    axes = set(BY_TEXT[text].axes)
    concerned = {axis for rule in CATALOGUE for axis in rule.axes if set(style) & set(rule.reasons)}
    return bool(axes & concerned)
