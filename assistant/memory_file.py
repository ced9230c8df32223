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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant import sensitivity
from assistant.extraction import CandidateFact, allowed_classes, extract_by_rules
from assistant.profile import SECTIONS, section_of
from memory import Memory, MemoryManager
from memory.reconcile import same_words
from memory.store import to_row

Format = Literal["md", "jsonl", "csv"]
HEADER = "<!-- attune memories: edit, add or remove lines, then `attune memory load` this file -->"
MAX_CHARACTERS = 400_000
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
)
_LINE = re.compile(r"^\s*(?:[-*•–]|\d+[.)])\s+(?P<text>.*?)\s*(?:<!--\s*(?P<id>[0-9A-Z]{26})\s*-->)?\s*$")
_STAMP = re.compile(r"^\[?(?:\d{4}-\d\d-\d\d|unknown)\]?\s*[-–:]\s*", re.IGNORECASE)
"""Claude and ChatGPT may put the day a memory was saved before it."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What loading a page would do. `refused`: lines that are secret, or delicate and not allowed."""

    added: tuple[str, ...] = ()
    reworded: tuple[tuple[Memory, str], ...] = ()
    closed: tuple[Memory, ...] = ()
    refused: tuple[str, ...] = ()

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


def carry_out(memory: MemoryManager, planned: Changes) -> None:
    """Write what `changes` showed. What is added is what the user holds true, never an instruction."""
    for old, words in planned.reworded:
        memory.update(old.id, content=words)
    for old in planned.closed:
        memory.close_memory(old.id)
    for content in planned.added:
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
    return changes(text, memory.memories(limit=100_000), allowed_classes(memory))


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
