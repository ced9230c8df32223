"""Memories as a file that a person can read, edit and load back; and lists pasted from other assistants. Pure but for `carry_out`.

A page that Attune wrote carries the identifier of each memory, so that loading it can tell a reworded line from a new
one. Nothing is written before the changes have been shown; a line that was taken away closes its memory and erases
nothing.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from assistant import sensitivity
from assistant.errors import NotMemories
from assistant.extraction import CandidateFact, allowed_classes, extract_by_rules
from assistant.profile import SECTIONS, section_of
from memory import Memory, MemoryManager
from memory.reconcile import same_words
from memory.records import MemoryKind
from memory.store import to_row

Format = Literal["md", "jsonl", "csv"]
ENDINGS = (".md", ".txt", ".jsonl", ".csv")
TAKES = "Name a page (.md), a list (.txt), JSON lines (.jsonl) or a table (.csv) of memories, or - for a pipe."
HEADER = "<!-- attune memories: edit, add or remove lines, then `attune memory load` this file -->"
MAX_CHARACTERS = 400_000
MAX_TABLE_CHARACTERS = 20_000_000
MAX_LINE = 400
COLUMNS = (
    "id",
    "content",
    "kind",
    "subject",
    "attribute",
    "value",
    "valid_from",
    "valid_to",
    "occurs_from",
    "occurs_to",
    "importance",
    "persona",
)
_LINE = re.compile(r"^\s*(?:[-*•–]|\d+[.)])\s+(?P<text>.*?)\s*(?:<!--\s*(?P<id>[0-9A-Z]{26})\s*-->)?\s*$")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
_STAMP = re.compile(r"^\[?(?:\d{4}-\d\d-\d\d|unknown)\]?\s*[-–:]\s*", re.IGNORECASE)
"""Claude and ChatGPT may put the day a memory was saved before it."""


class TableRow(BaseModel, extra="ignore"):
    """One memory of a table or of JSON lines, as `write` makes them. Only `content` must be there."""

    id: str = ""
    content: str = Field(min_length=1, max_length=4000)
    kind: MemoryKind = "semantic"
    subject: str = Field("user", max_length=200)
    attribute: str = Field("", max_length=200)
    value: str = Field("", max_length=4000)
    importance: float = Field(0.5, ge=0, le=1)
    persona: str = Field("", max_length=200)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    occurs_from: date | None = None
    occurs_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What loading a page or a table would do."""

    added: tuple[str, ...] = ()
    reworded: tuple[tuple[Memory, str], ...] = ()
    closed: tuple[Memory, ...] = ()
    refused: tuple[str, ...] = ()
    """Lines that are secret, or delicate and not allowed, or instructions."""
    unreadable: tuple[str, ...] = ()
    """Rows of a table that are none."""
    rows: Mapping[str, TableRow] = field(default_factory=dict)
    """What a table says of a memory that is added, by its content."""

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.reworded or self.closed)


def write(memories: Sequence[Memory], form: Format = "md") -> str:
    """Memories as markdown by section, or as JSON or CSV with one memory a line."""
    if form == "jsonl":
        return "".join(json.dumps(to_row(memory), ensure_ascii=False) + "\n" for memory in memories)
    if form == "csv":
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(COLUMNS)
        table.writerows([_cell(to_row(memory)[column]) for column in COLUMNS] for memory in memories)
        return out.getvalue()
    parts = ["# What Attune remembers", HEADER]
    for section in SECTIONS:
        lines = [m for m in memories if m.valid_to is None and section_of(m) == section]
        if lines:
            parts.append(f"## {section}\n" + "\n".join(f"- {_one_line(m.content)} <!-- {m.id} -->" for m in lines))
    return "\n\n".join(parts) + "\n"


def changes(text: str, memories: Sequence[Memory], allowed: frozenset[str] = frozenset()) -> Changes:
    """What a page would change. A list without Attune's own heading only adds.

    Args:
        memories: those that hold now.
        allowed: the delicate classes that may be kept.
    """
    ours = HEADER in text
    known = {memory.id: memory for memory in memories}
    seen: set[str] = set()
    added: list[str] = []
    reworded: list[tuple[Memory, str]] = []
    refused: list[str] = []
    for raw in text[:MAX_CHARACTERS].splitlines():
        line = _LINE.match(raw)
        if line is None and (ours or not raw.strip() or raw.lstrip().startswith(("#", "<!--"))):
            continue
        words = line["text"] if line else raw.strip()
        memory = known.get(line["id"] or "") if line else None
        if memory is not None:
            seen.add(memory.id)
            if not words:
                seen.discard(memory.id)
            elif not same_words(_one_line(memory.content), words):
                (refused.append(words) if _is_refused(words, allowed) else reworded.append((memory, words)))
            continue
        content = in_the_third_person(words)
        if not content or any(same_words(content, other) for other in (*added, *(m.content for m in memories))):
            continue
        (refused if _is_refused(content, allowed) else added).append(content)
    closed = [m for m in memories if m.id not in seen] if ours else []
    return Changes(added=tuple(added), reworded=tuple(reworded), closed=tuple(closed), refused=tuple(refused))


def table_changes(text: str, memories: Sequence[Memory], allowed: frozenset[str] = frozenset()) -> Changes:
    """What JSON lines or a table would change. A row that is not there closes nothing: a table may be a part of all.

    Args:
        memories: all, also those that no longer hold.
        allowed: the delicate classes that may be kept.
    """
    known = {memory.id: memory for memory in memories}
    said = {(memory.content.strip().casefold(), memory.valid_to is None) for memory in memories}
    added: dict[str, TableRow] = {}
    reworded: list[tuple[Memory, str]] = []
    closed: list[Memory] = []
    refused: list[str] = []
    unreadable: list[str] = []
    for raw in _table_rows(text[:MAX_TABLE_CHARACTERS]):
        row = _table_row(raw)
        if row is None:
            unreadable.append(str(raw)[:MAX_LINE])
            continue
        words, memory = row.content.strip(), known.get(row.id)
        if memory is None:
            if (words.casefold(), row.valid_to is None) in said or words in added:
                continue
            if row.kind == "procedural" or _is_refused(f"{words} {row.value}", allowed):
                refused.append(words)
            else:
                added[words] = row
        elif not same_words(memory.content, words):
            (refused.append(words) if _is_refused(words, allowed) else reworded.append((memory, words)))
        elif memory.valid_to is None and row.valid_to is not None:
            closed.append(memory)
    return Changes(
        added=tuple(added),
        reworded=tuple(reworded),
        closed=tuple(closed),
        refused=tuple(refused),
        unreadable=tuple(unreadable),
        rows=added,
    )


def _is_table(text: str) -> bool:
    """JSON lines, or a table whose first line names its columns."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first.startswith("{") or "content" in next(csv.reader([first]), [])


def _table_rows(text: str) -> Iterator[Any]:
    """Each row as a dict; what is none, as it stands."""
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith("{"):
        yield from csv.DictReader(io.StringIO(text.lstrip()))
        return
    for line in text.splitlines():
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield line


def _table_row(raw: Any) -> TableRow | None:
    if not isinstance(raw, dict):
        return None
    cells = {key: _plain_cell(value) for key, value in raw.items() if isinstance(key, str)}
    try:
        return TableRow.model_validate({key: value for key, value in cells.items() if value not in (None, "")})
    except ValidationError:
        return None


def _plain_cell(value: Any) -> Any:
    """What `_cell` was given."""
    return value[1:] if isinstance(value, str) and re.match(r"'[=+\-@\t]", value) else value


def _moment(told: datetime | None) -> datetime | None:
    """A time without a zone is in UTC, as those are that `write` writes."""
    return told if told is None or told.tzinfo else told.replace(tzinfo=UTC)


def carry_out(memory: MemoryManager, planned: Changes) -> None:
    """Write what `changes` showed. What is added is what the user holds true, never an instruction."""
    for old, words in planned.reworded:
        memory.update(old.id, content=words)
    for old in planned.closed:
        memory.close_memory(old.id)
    for row in planned.rows.values():
        memory.add(
            content=row.content,
            kind=row.kind,
            subject=row.subject,
            attribute=row.attribute,
            value=row.value,
            importance=row.importance,
            persona=row.persona,
            valid_from=_moment(row.valid_from),
            valid_to=_moment(row.valid_to),
            occurs=(row.occurs_from, row.occurs_to or row.occurs_from) if row.occurs_from else None,
            sensitivity=sensitivity.class_of(row.content),
            plural=True,
            origin="import",
        )
    for content in planned.added:
        if content in planned.rows:
            continue
        fact = read(content, memory)
        memory.add(
            content=content,
            subject=fact.subject if fact else "user",
            attribute=fact.attribute if fact else "",
            value=fact.value if fact else "",
            importance=fact.importance if fact else 0.5,
            plural=fact.plural if fact else True,
            origin="import",
        )
    memory.jobs.enqueue("profile", {}, key="profile")
    memory.worker.wake()


def plan_load(memory: MemoryManager, text: str) -> Changes:
    """What loading a file would change: a page, a pasted list, JSON lines or a table."""
    if _is_table(text):
        everything = memory.memories(include_closed=True, limit=1_000_000)
        return table_changes(text, everything, allowed_classes(memory))
    return changes(text, memory.memories(limit=100_000), allowed_classes(memory))


def check_ending(file: PurePath) -> None:
    """May a file of this name hold memories? One without an ending, such as a pipe, may.

    Raises:
        NotMemories
    """
    if file.suffix.lower() not in ("", *ENDINGS):
        raise NotMemories(f"{file} cannot be loaded. {TAKES}")


def check(text: str, file: PurePath) -> None:
    """Is this text, and what the file's ending says?

    Raises:
        NotMemories
    """
    if _NOT_TEXT.search(text):
        raise NotMemories(f"{file} is not text. {TAKES}")
    is_table, is_json = _is_table(text), text.lstrip().startswith("{")
    is_as_named = {".jsonl": is_json, ".csv": is_table and not is_json}.get(file.suffix.lower(), True)
    rows = list(_table_rows(text[:MAX_TABLE_CHARACTERS])) if is_table else []
    if text.strip() and (not is_as_named or (rows and not any(map(_table_row, rows)))):
        raise NotMemories(f"{file} does not hold memories as `attune memory save` writes them. {TAKES}")


def read(content: str, memory: MemoryManager) -> CandidateFact | None:
    """What the rules make of "The user lives in Oslo.", read as "I live in Oslo."; None when they make nothing of it."""
    found = extract_by_rules(_in_the_first_person(content), said_at=memory.clock())
    facts = [c for c in found if c.kind == "semantic" and not c.negates]
    return facts[0] if len(facts) == 1 else None


def in_the_third_person(line: str) -> str:
    """A line of a pasted list as a sentence about the user; empty when it is none."""
    words = _STAMP.sub("", " ".join(line.split())).strip(" -•*")
    if not words or len(words) > MAX_LINE or words.endswith(":") or words.startswith("#"):
        return ""
    words = re.sub(r"^(?:the )?user(?=\b|['’]s)", "The user", words, flags=re.IGNORECASE)
    words = re.sub(r"^(?:i am|i['’]m)\b", "The user is", words, flags=re.IGNORECASE)
    words = re.sub(r"^my\b", "The user's", words, flags=re.IGNORECASE)
    if match := re.match(
        r"(?:i) (have|live|work|like|love|hate|prefer|speak|play|study|own|use|want)\b", words, re.IGNORECASE
    ):
        verb = {"have": "has", "study": "studies"}.get(match[1].lower(), f"{match[1].lower()}s")
        words = f"The user {verb}{words[match.end() :]}"
    elif match := re.match(
        r"(?:is|has|lives|works|likes|loves|prefers|speaks|plays|studies|owns|uses|wants|enjoys)\b",
        words,
        re.IGNORECASE,
    ):
        words = f"The user {words[0].lower()}{words[1:]}"
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _in_the_first_person(content: str) -> str:
    text = re.sub(r"^The user['’]s\b", "My", content)
    text = re.sub(r"^The user is\b", "I am", text)
    text = re.sub(r"^The user has\b", "I have", text)
    text = re.sub(r"^The user studies\b", "I study", text)
    text = re.sub(r"^The user does not\b", "I do not", text)
    return re.sub(r"^The user (\w+?)s\b", r"I \1", text)


def _is_refused(words: str, allowed: frozenset[str]) -> bool:
    named = sensitivity.class_of(words)
    harmless = re.search(r"\ballerg|\b(?:vegan|vegetarian|does not eat)\b", words, re.IGNORECASE)
    return sensitivity.is_secret(words) or bool(named and named not in allowed and not harmless)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(value: object) -> str:
    """A spreadsheet must not take a memory for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
