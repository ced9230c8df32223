"""Chooses what of a search goes into a prompt, and in which words. Pure: hits in, lines out.

The lines have fixed forms, because the model that ships was trained on them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from assistant.prompt import long_date
from assistant.timeline import told
from memory import Memory, Message, SearchHit

SNIPPET_WORDS = 40
FOLLOW_UP_WORDS = 9
"""Longer questions stand on their own."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LEANS_BACK = re.compile(
    r"^(and|but|so|what about|how about|which one)\b"
    r"|\b(it|its|he|him|his|she|her|hers|they|them|their|that one|this one|the other|the same|there|then)\b",
    re.IGNORECASE,
)


def construct_query(text: str, recent_user_turns: Sequence[str]) -> str:
    """What to search for: the text, and for a short one that leans on what went before, the turns it leans on.

    Args:
        recent_user_turns: the user's last messages, oldest first.
    """
    if len(text.split()) <= FOLLOW_UP_WORDS and _LEANS_BACK.search(text):
        return " ".join([text, *(turn[:300] for turn in reversed(recent_user_turns))])
    return text


def choose_memories(
    hits: Sequence[SearchHit], *, now: datetime, small_model: bool, limit: int, read: Collection[str] = ()
) -> list[tuple[SearchHit, str]]:
    """The hits worth the model's attention, each with its line, facts first.

    A small model cannot sift, so it gets no questions, no answers of its own and nothing said twice.

    Args:
        read: messages that facts were learnt from. For a small model the facts, dated and kept current, stand for them.
    """
    facts = [hit for hit in hits if isinstance(hit.item, Memory) and hit.item.kind != "procedural"]
    messages = [hit for hit in hits if isinstance(hit.item, Message)]
    chosen: list[tuple[SearchHit, str]] = []
    for hit in [*facts, *messages]:
        item = hit.item
        if isinstance(item, Memory):
            line = memory_line(item, now)
        elif small_model and (item.role != "user" or item.id in read or not statements(item.content)):
            continue
        else:
            line = message_line(item, statements_only=small_model)
        if line and all(line != other for _, other in chosen):
            chosen.append((hit, line))
        if len(chosen) == limit:
            break
    return chosen


def memory_line(memory: Memory, now: datetime) -> str:
    """`The user's dog is called Pemba. (since 3 May 2026)`, or `No longer true since 3 May 2026: …`."""
    if memory.valid_to is not None and memory.valid_to <= now:
        return f"No longer true since {_day(memory.valid_to)}: {memory.content}"
    if memory.occurs_from is not None:
        return told(memory, now.astimezone().date())  # its own day stands in it
    return f"{memory.content} (since {_day(memory.valid_from)})"


def message_line(message: Message, *, statements_only: bool = False) -> str:
    """`On 3 May 2026 the user wrote: "I took Pemba to the vet."`"""
    who = "the user" if message.role == "user" else "the assistant"
    text = " ".join(statements(message.content)) if statements_only else " ".join(message.content.split())
    words = text.split()
    if len(words) > SNIPPET_WORDS:
        text = " ".join(words[:SNIPPET_WORDS]) + " …"
    quoted = text.replace('"', "'")
    return f'On {_day(message.created_at)} {who} wrote: "{quoted}"' if quoted else ""


def statements(text: str) -> list[str]:
    """The sentences of a text that are not questions."""
    return [s.strip() for s in _SENTENCE.split(text) if s.strip() and not s.strip().endswith("?")]


def _day(moment: datetime) -> str:
    return long_date(moment.astimezone().date())
