"""Decides what a new fact means for those already known. Pure: records in, a decision out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from memory.records import Memory

Action = Literal["add", "refresh", "replace"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    action: Action
    existing: tuple[Memory, ...] = ()
    """refresh: the one that says the same. replace: those that the new one closes."""


def same_words(one: str, other: str) -> bool:
    """Equal but for case, spacing and end punctuation. Numbers, dates and names that differ are never the same."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" .!?,;:\"'“”").casefold()


def reconcile(
    neighbours: Sequence[Memory],
    *,
    content: str,
    kind: str,
    subject: str,
    attribute: str,
    value: str,
    persona: str = "",
    plural: bool = False,
) -> Decision:
    """What to do with a new fact, given the current memories of the same subject and attribute or content.

    Args:
        plural: the attribute holds many values at once (hobbies, children, allergies): they accumulate.
    """
    mine = [m for m in neighbours if m.persona == persona and m.valid_to is None and m.kind == kind]
    slot = [m for m in mine if attribute and same_words(m.subject, subject) and m.attribute == attribute]
    for memory in mine:
        if same_words(memory.content, content):
            return Decision(action="refresh", existing=(memory,))
    for memory in slot:
        if value and same_words(memory.value, value):
            return Decision(action="refresh", existing=(memory,))
    if slot and not plural:
        return Decision(action="replace", existing=tuple(slot))
    return Decision(action="add")
