"""How someone new is answered before anything was learnt: a starter profile on three axes. Pure; the choices are settings.

The axes are those of Jang et al. 2023 (personalised soups: expertise, informativeness, style). What a user asked for or
taught takes the place of the starter on its own axis, and leaves the other two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from assistant.catalogue import BY_TEXT
from assistant.settings import Settings

Axis = Literal["expertise", "detail", "manner"]
AXES: dict[Axis, dict[str, str]] = {
    "expertise": {"beginner": "Answer in plain words.", "expert": "The user knows the subject: leave out the basics."},
    "detail": {"short": "Keep answers short.", "long": "Give more detail."},
    "manner": {"friendly": "Use a warm, friendly tone.", "formal": "Use a formal tone."},
}
"""Axis -> choice (the empty one asks for nothing) -> rule."""
_LENGTH = "length"


def starter_rules(settings: Settings, rules: Sequence[str]) -> dict[Axis, str]:
    """The rules of the starter profile that still hold beside `rules`: what the user asked for, and what was learnt."""
    found: dict[Axis, str] = {}
    for axis, choices in AXES.items():
        text = choices.get(getattr(settings, axis), "")
        if text and not any(is_about(axis, rule) for rule in rules):
            found[axis] = text
    return found


def is_about(axis: Axis, rule: str) -> bool:
    """Is a rule on an axis? Only rules of the catalogue and of the starters themselves are known to be."""
    if rule in AXES[axis].values():
        return True
    return axis == "detail" and rule in BY_TEXT and _LENGTH in BY_TEXT[rule].axes
