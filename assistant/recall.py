"""Chooses what of a search goes into a prompt, and in which words. Pure: hits in, lines out.

The lines have fixed forms, because the model that ships was trained on them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from assistant.timeline import told
from memory import Memory, Message, SearchHit
from memory.dates import long_date
from memory.forgetting import is_struck
from memory.query import terms

SNIPPET_WORDS = 40
SNIPPET_CHARS = 400
"""Forty words of a text without spaces may be a page."""
FOLLOW_UP_WORDS = 12
"""Longer questions stand on their own."""
REFERENTS = 6
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PERSON = re.compile(r"\b(he|him|his|she|her|hers|they|them|their|theirs)\b", re.IGNORECASE)
_THING = re.compile(r"\b(it|its|that one|this one|the others?|the same|there|then|that)\b", re.IGNORECASE)
_ALSO = re.compile(r"^\W*(?:and|but|so|what about|how about|which one)\b", re.IGNORECASE)
_DETERMINED = re.compile(r"\b(?:the|my|our|your|this|that|a|an)\s+(\w+)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w'])[^\W\d_a-z]\w+")


def construct_query(text: str, recent_user_turns: Sequence[str]) -> str:
    """What to search for besides the text: it and, where a short one leans on what went before, what it leans on.

    "When is her birthday?" takes the names from the turns before, "what did we pay for it?" the name or the things
    spoken of, and "and the roses?" what was asked of the tomatoes, without the tomatoes. A text that stands on its own
    is left as it is. (`python -m benchmarks.follow_ups` measures it.)

    Args:
        recent_user_turns: the user's last messages, oldest first.
    """
    if len(text.split()) > FOLLOW_UP_WORDS:
        return text
    also, about_person = bool(_ALSO.search(text)), bool(_PERSON.search(text))
    if not (also or about_person or _THING.search(text)) or (_names(text) and not also):
        return text
    latest = list(reversed(recent_user_turns))
    if about_person:
        # A person is named; rain between two sentences about her is not what "her" means.
        leaned_on = [*map(_names, latest), *map(terms, latest)]
    elif also and terms(text) and not _THING.search(text):
        leaned_on = [[word for word in terms(turn) if word not in _replaced(turn)] for turn in latest]
    else:
        leaned_on = [_names(turn) or terms(turn) for turn in latest]
    for found in leaned_on:
        new = [word for word in found if word.lower() not in terms(text)][:REFERENTS]
        if new:
            return f"{text} {' '.join(new)}"
    return text


def _names(text: str) -> list[str]:
    """Words with a capital that are neither stop words nor the only reason for one: "Tarek called", "to my sister Oda"."""
    found = [match[0] for match in _NAME.finditer(text) if terms(match[0])]
    starts = {sentence.split()[0].strip("\"'(") for sentence in _SENTENCE.split(text) if sentence.split()}
    inside = [name for name in found if name not in starts]
    return list(dict.fromkeys(inside or found))


def _replaced(question: str) -> set[str]:
    """What a question is about, which the next one ("and the roses?") puts something else for."""
    match = _DETERMINED.search(question)
    names = _names(question)
    return {word.lower() for word in ([match[1]] if match else names[:1])}


def choose_memories(
    hits: Sequence[SearchHit], *, now: datetime, small_model: bool, limit: int, read: Collection[str] = ()
) -> list[tuple[SearchHit, str]]:
    """The hits worth the model's attention, each with its line, facts first.

    What lost words to forgetting is none of them. A small model cannot sift, so it gets no questions, no answers of its
    own and nothing said twice.

    Args:
        read: messages that facts were learnt from. For a small model the facts, dated and kept current, stand for them.
    """
    facts = [hit for hit in hits if isinstance(hit.item, Memory) and hit.item.kind != "procedural"]
    messages = [hit for hit in hits if isinstance(hit.item, Message)]
    chosen: list[tuple[SearchHit, str]] = []
    for hit in [*facts, *messages]:
        item = hit.item
        if is_struck(item.content):
            continue
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
    short = " ".join(words[:SNIPPET_WORDS])[:SNIPPET_CHARS]
    if len(short) < len(text):
        text = f"{short.rstrip()} …"
    quoted = text.replace('"', "'")
    return f'On {_day(message.created_at)} {who} wrote: "{quoted}"' if quoted else ""


def statements(text: str) -> list[str]:
    """The sentences of a text that are not questions."""
    return [s.strip() for s in _SENTENCE.split(text) if s.strip() and not s.strip().endswith("?")]


def _day(moment: datetime) -> str:
    return long_date(moment.astimezone().date())
