"""What a conversation or a month was about, in a few dated lines. Each line cites what it was made of.

A digest is made when it is asked for, from the messages and memories as they are then. What is kept of it for search is
made anew when its conversation goes on, when a message or a memory that it covers is edited or deleted, and once more
before it is shown. So none is out of date, and forgetting leaves nothing of it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from assistant.recall import statements
from assistant.timeline import told
from assistant.wording import worded
from memory import Memory, MemoryManager, Message, NotFound
from memory.dates import When, find_dates, in_words, long_date
from memory.digests import DigestLine, KeptDigest, Span
from memory.filters import read_filters
from memory.forgetting import is_struck
from memory.query import terms

MAX_LINES = 8
PROMPT_LINES = 4
SENTENCE_WORDS = 24
_ASKS_WHEN = re.compile(
    r"\b(?:what (?:was|were|did|have|had|happened|else)|how (?:was|were|did)|busy|up to|talk(?:ed)? about|spoke about"
    r"|spoken about|tell me about|remind me|summar(?:y|ise|ize)|recap|digest)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Digest:
    """`when`: the days it covers."""

    title: str
    when: When
    lines: tuple[DigestLine, ...]


def digest_of_conversation(memory: MemoryManager, conversation_id: str) -> Digest:
    """What one conversation was about.

    Raises:
        NotFound
    """
    conversation = memory.get_conversation(conversation_id)
    thread = memory.thread(conversation_id)
    days = [_day(message.created_at) for message in thread] or [_day(conversation.created_at)]
    lines = choose(thread, memory.memories(include_closed=True, limit=100_000), today=_day(memory.clock()))
    return Digest(title=conversation.title, when=When(min(days), max(days)), lines=lines)


def digest_of_period(memory: MemoryManager, when: When) -> Digest:
    """What was said, learnt and done from a first to a last day; plans and events by the days they fall on."""
    first = datetime.combine(when.first, time()).astimezone()
    last = datetime.combine(when.last + timedelta(days=1), time()).astimezone()
    said = memory.messages_between(first, last)
    kept = memory.memories(include_closed=True, limit=100_000)
    happened = [
        m
        for m in kept
        if m.occurs_from is not None
        and m.occurs_from <= when.last
        and m.occurs_to is not None
        and m.occurs_to >= when.first
    ]
    learnt = [m for m in kept if m.occurs_from is None and first <= m.valid_from < last]
    lines = choose(said, [*happened, *learnt], today=_day(memory.clock()))
    return Digest(title=f"What was {in_words(when)}", when=when, lines=lines)


def keep_conversation(memory: MemoryManager, conversation_id: str, chat_model: Any = None) -> list[str]:
    """Keep its digest for search, without what is withheld from there. Returns its months, like `2026-03`.

    Args:
        chat_model: tells the lines in fewer, fuller sentences where they check out; None keeps them as they are.
    """
    conversation = memory.get_conversation(conversation_id)
    digest = digest_of_conversation(memory, conversation_id)
    withheld = memory.withheld_messages()
    lines = tuple(line for line in digest.lines if not withheld & set(line.cites))
    _keep(memory, "conversation", conversation_id, conversation.title, lines, chat_model)
    return sorted({f"{_day(message.created_at):%Y-%m}" for message in memory.thread(conversation_id)})


def keep_month(memory: MemoryManager, text: str, chat_model: Any = None) -> None:
    """Keep the digest of a month, like `2026-03`, for search."""
    digest = digest_of_period(memory, month(text))
    _keep(memory, "month", text, digest.title, digest.lines, chat_model)


def search(memory: MemoryManager, query: str, limit: int = 3) -> list[KeptDigest]:
    """Digests that hold the words of a query. Each is compared with what it covers, and made anew where that has changed.

    A query that is narrowed ("in:garden", "from:me") finds none: a digest is of all that its time or conversation held.
    """
    asked = read_filters(query)
    if asked.narrows:
        return []
    for found in memory.digests.search(asked.words, limit):
        try:
            if found.span == "month":
                keep_month(memory, found.key)
            else:
                keep_conversation(memory, found.key)
        except NotFound:
            memory.digests.keep(KeptDigest(span=found.span, key=found.key, title="", lines=()))
    return memory.digests.search(asked.words, limit)


def _keep(
    memory: MemoryManager, span: Span, key: str, title: str, lines: Sequence[DigestLine], chat_model: Any
) -> None:
    """One that was made of the same lines stays as it is: it may be told by a model."""
    source = "\n".join([title, *(f"{line.day} {line.text} {' '.join(line.cites)}" for line in lines)])
    made_of = hashlib.sha256(source.encode()).hexdigest()
    before = memory.digests.find(span, key)
    if before is not None and before.made_of == made_of:
        return
    told = lines if chat_model is None else _told_by(chat_model, lines)
    memory.digests.keep(KeptDigest(span=span, key=key, title=title, lines=tuple(told), made_of=made_of))


def _told_by(chat_model: Any, lines: Sequence[DigestLine]) -> list[DigestLine]:
    """The lines in a model's words, each with all that it stands on; as they are where those do not check out."""
    told = worded(chat_model, [line.text for line in lines])
    return [
        DigestLine(
            day=min(lines[place].day for place in places),
            text=text,
            cites=tuple(dict.fromkeys(cite for place in places for cite in lines[place].cites)),
        )
        for text, places in told
    ] or list(lines)


def month(text: str) -> When:
    """The days of a month given as `2026-03`.

    Raises:
        ValueError: it is no month.
    """
    first = date.fromisoformat(f"{text}-01")
    return When(first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))


def choose(
    said: Sequence[Message], kept: Sequence[Memory], *, today: date, limit: int = MAX_LINES
) -> tuple[DigestLine, ...]:
    """The lines of a digest, by day: what was kept first, then the statements that say most. Pure.

    A memory stands on a message of the time or falls on a day of it; a statement is worth the words that come up in
    several messages, so that what was spoken of again and again goes before an aside. What lost words to forgetting is
    in no line.
    """
    mine = [message for message in said if message.role == "user" and not is_struck(message.content)]
    ids = {message.id for message in mine}
    facts = [
        DigestLine(day=m.occurs_from or _day(m.valid_from), text=told(m, today), cites=(m.id,))
        for m in sorted(kept, key=lambda m: (-m.importance, m.created_at, m.id))
        if m.kind != "procedural"
        and not is_struck(m.content)
        and (m.occurs_from is not None or m.source_message_id is None or m.source_message_id in ids)
    ]
    quoted = {m.source_message_id for m in kept}
    common = Counter(word for message in mine for word in set(terms(message.content)))
    sentences = [
        (sum(common[word] for word in set(terms(sentence))), message, sentence)
        for message in mine
        if message.id not in quoted
        for sentence in statements(message.content)
        if len(terms(sentence)) >= 2
    ]
    sentences.sort(key=lambda entry: (-entry[0], entry[1].created_at, entry[1].id))
    spoken = [
        DigestLine(day=_day(m.created_at), text=f"The user said: {_short(sentence)}", cites=(m.id,))
        for _, m, sentence in sentences
    ]
    # Half of the room is for what was said, when there is that much of it.
    kept_lines = facts[: max(limit - len(spoken), limit // 2)]
    chosen = [*kept_lines, *spoken[: limit - len(kept_lines)]]
    return tuple(sorted(chosen, key=lambda line: (line.day, line.text)))


def lines_for(memory: MemoryManager, question: str) -> list[tuple[str, DigestLine]]:
    """For a question like "what was I busy with in March?": lines for the model, dated; none for other questions."""
    today = _day(memory.clock())
    found = find_dates(question, today)
    if len(found) != 1 or not _ASKS_WHEN.search(question) or found[0].past.first > today:
        return []
    digest = digest_of_period(memory, found[0].past)
    return [(f"{long_date(line.day)}: {line.text}", line) for line in digest.lines[:PROMPT_LINES]]


def as_text(digest: Digest) -> str:
    """Markdown: a heading, a bullet for each line with its day."""
    lines = "\n".join(f"- {long_date(line.day)}: {line.text}" for line in digest.lines)
    return f"## {digest.title}\n{lines or 'Nothing was said then.'}\n"


def _short(sentence: str) -> str:
    words = sentence.split()
    return " ".join(words[:SENTENCE_WORDS]) + (" …" if len(words) > SENTENCE_WORDS else "")


def _day(moment: datetime) -> date:
    return moment.astimezone().date()
