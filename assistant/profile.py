"""The page about the user: lines written from facts, and the user's own lines, which win. Pure but for `current_profile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from assistant import wording
from assistant.timeline import belongs_on_the_page, is_over, told
from memory import Memory, MemoryManager, ProfileLine, ProfileVersion
from memory.forgetting import is_struck

ABOUT, PEOPLE, WORK, TASTES = "About you", "People and pets", "Work and study", "Tastes"
HOME, HEALTH, PLANS, ANSWERS = "Home", "Health and diet", "Goals and plans", "How you like answers"
LATELY = "Lately"
SECTIONS = (ABOUT, PEOPLE, WORK, HOME, HEALTH, TASTES, PLANS, LATELY, ANSWERS)
SECTION_OF = {
    **dict.fromkeys(("name", "called", "origin", "age", "birthday", "language"), ABOUT),
    **dict.fromkeys(("birthplace", "birth-year", "height", "status"), ABOUT),
    **dict.fromkeys(("city", "home", "car"), HOME),
    "family": PEOPLE,
    **dict.fromkeys(("job", "employer", "study"), WORK),
    **dict.fromkeys(("like", "dislike", "preference", "hobby", "instrument"), TASTES),
    **dict.fromkeys(("allergy", "diet", "not-eaten", "not-drunk", "health"), HEALTH),
    **dict.fromkeys(("plan", "goal"), PLANS),
    "event": LATELY,
}
"""Section by attribute; attributes like "pet:dog" and "person:sister" go by what stands before the colon."""
SECTION_OF_PREFIX = {"pet": PEOPLE, "person": PEOPLE, "favourite": TASTES, "preference": TASTES}
LIGHT_LINES = 5


def section_of(memory: Memory, today: date | None = None) -> str:
    """Where its line goes. `today`: a plan that is over has happened."""
    if memory.kind == "procedural":
        return ANSWERS
    if today is not None and is_over(memory, today):
        return LATELY
    if memory.subject != "user":
        return PEOPLE
    prefix = memory.attribute.partition(":")[0]
    return SECTION_OF.get(memory.attribute) or SECTION_OF_PREFIX.get(prefix, ABOUT)


def write_lines(
    memories: Sequence[Memory], previous: ProfileVersion | None, today: date | None = None
) -> tuple[ProfileLine, ...]:
    """A line for each current fact, by section, the most important first, around the user's own lines.

    A fact that the user took off the page, reworded or locked writes no line. Plans stand in the order of their days; one
    whose day has gone is told as past, and leaves the page after a while.

    Args:
        today: the day the page is for; None tells every fact as it was kept.
    """
    hidden = set(previous.hidden_memory_ids) if previous else set()
    own = [line for line in previous.lines if line.author == "user" or line.locked] if previous else []
    hidden |= {memory_id for line in own for memory_id in line.memory_ids}
    # Plans in the order of their days, other facts by importance.
    facts = sorted(memories, key=lambda m: (m.occurs_from or date.min, -m.importance, m.created_at, m.id))
    lines = [
        *own,
        *(
            ProfileLine(
                section=section_of(memory, today),
                text=told(memory, today) if today else memory.content,
                memory_ids=(memory.id,),
            )
            for memory in facts
            if memory.id not in hidden
            and memory.valid_to is None
            and not memory.persona
            and (today is None or belongs_on_the_page(memory, today))
        ),
    ]
    order = {section: position for position, section in enumerate(SECTIONS)}
    return tuple(sorted(lines, key=lambda line: order.get(line.section, len(order))))


def merge_edit(previous: ProfileVersion, text: str) -> tuple[tuple[ProfileLine, ...], tuple[str, ...]]:
    """What the user made of the page: (lines, memories whose line is gone or reworded).

    A line that stands as it was keeps its author and its sources; any other is the user's.
    """
    kept = {(line.section, line.text): line for line in previous.lines}
    lines = tuple(
        kept.get((section, line)) or ProfileLine(section=section, text=line, author="user")
        for section, line in read_profile(text)
    )
    shown = {memory_id for line in lines for memory_id in line.memory_ids}
    gone = [m for line in previous.lines for m in line.memory_ids if m not in shown]
    return lines, tuple(dict.fromkeys([*previous.hidden_memory_ids, *gone]))


def profile_text(lines: Sequence[ProfileLine]) -> str:
    """Markdown: a heading for each section, a bullet for each line."""
    sections = dict.fromkeys(line.section for line in lines)
    return "\n\n".join(
        f"## {section}\n" + "\n".join(f"- {line.text}" for line in lines if line.section == section)
        for section in sections
    )


def read_profile(text: str) -> list[tuple[str, str]]:
    """(section, line) pairs of a page in the form that `profile_text` writes; lines without a bullet count too."""
    section, found = ABOUT, []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("#"):
            section = line.lstrip("#").strip() or ABOUT
        elif line.lstrip("-*• ").strip():
            found.append((section, line.lstrip("-*• ").strip()))
    return found


def template_lines(memory: MemoryManager) -> tuple[ProfileLine, ...]:
    """The page with each fact in its own words."""
    return write_lines(memory.memories(), memory.latest_profile(), memory.clock().astimezone().date())


def reword(memory: MemoryManager, chat_model: Any) -> None:
    """Have a chat model tell the facts of each section together. What it has told before and still holds is kept."""
    undated = {m.id: m.occurs_from is None for m in memory.memories()}
    before = memory.note(wording.NOTE)
    kept = wording.of_note(before)
    now: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
    for group in wording.groups(template_lines(memory), undated):
        texts = {line.memory_ids[0]: line.text for line in group}
        same = {
            ids: told for ids, told in kept.items() if all(texts.get(i) == t for i, t in zip(ids, told[1], strict=True))
        }
        if {i for ids in same for i in ids} == set(texts):
            now |= same
            continue
        for sentence, places in wording.worded(chat_model, list(texts.values())):
            told = [group[place] for place in places]
            now[tuple(line.memory_ids[0] for line in told)] = (sentence, tuple(line.text for line in told))
    after = wording.as_note(now)
    if after != before:
        memory.set_note(wording.NOTE, after)


def current_profile(memory: MemoryManager) -> ProfileVersion:
    """The page as it stands: the last version's own lines with those of the current facts. Not stored."""
    latest = memory.latest_profile()
    lines = wording.apply_note(memory.note(wording.NOTE), template_lines(memory))
    return ProfileVersion(
        id=latest.id if latest else "",
        lines=lines,
        hidden_memory_ids=latest.hidden_memory_ids if latest else (),
        author=latest.author if latest else "facts",
        created_at=latest.created_at if latest else datetime.now(UTC),
    )


def profile_lines_for_prompt(
    version: ProfileVersion,
    strength: Literal["off", "light", "full"],
    importance: Mapping[str, float] | None = None,
) -> tuple[ProfileLine, ...]:
    """The lines that describe the user, most useful first, without those that lost words to forgetting. How they like
    answers goes into the rules instead.

    Args:
        importance: of each memory, 0 to 1; the user's own and locked lines go before all others.
    """
    weights = importance or {}

    def use(line: ProfileLine) -> float:
        if line.author == "user" or line.locked:
            return 2.0
        return max((weights.get(memory_id, 0.0) for memory_id in line.memory_ids), default=0.0)

    told = [line for line in version.lines if line.section != ANSWERS and not is_struck(line.text)]
    lines = tuple(sorted(told, key=lambda line: -use(line)))
    return {"off": (), "light": lines[:LIGHT_LINES], "full": lines}[strength]


def lock_line(version: ProfileVersion, text: str, *, locked: bool) -> tuple[ProfileLine, ...]:
    """The page with one line, named by its words, locked or free again."""
    return tuple(replace(line, locked=locked) if line.text == text else line for line in version.lines)


def diff(before: Sequence[ProfileLine], after: Sequence[ProfileLine]) -> list[tuple[Literal["+", "-"], ProfileLine]]:
    """What came and what went between two pages, in the order of the page."""
    old = {(line.section, line.text) for line in before}
    new = {(line.section, line.text) for line in after}
    gone: list[tuple[Literal["+", "-"], ProfileLine]] = [
        ("-", line) for line in before if (line.section, line.text) not in new
    ]
    return [*gone, *(("+", line) for line in after if (line.section, line.text) not in old)]


def restored(
    version: ProfileVersion, now: ProfileVersion, memories: Sequence[Memory]
) -> tuple[tuple[ProfileLine, ...], tuple[str, ...]]:
    """An earlier page as a new one: (lines, memories whose line is not wanted).

    Lines that no current fact would write again are locked, so that they stay. What was learnt since that page was
    made is on it too: restoring is about how the page reads, and forgets nothing.
    """
    standing = {(line.section, line.text) for line in now.lines}
    lines = tuple(
        line if line.author == "user" or (line.section, line.text) in standing else replace(line, locked=True)
        for line in version.lines
    )
    shown = {memory_id for line in lines for memory_id in line.memory_ids}
    unwanted = [m.id for m in memories if m.id not in shown and m.created_at <= version.created_at]
    kept = [memory_id for memory_id in version.hidden_memory_ids if memory_id not in shown]
    return lines, tuple(dict.fromkeys([*kept, *unwanted]))


def standing_rules(memories: Sequence[Memory]) -> tuple[str, ...]:
    """What the user asked for from now on, oldest first, so that the latest word stands last."""
    current = [m for m in memories if m.kind == "procedural" and m.valid_to is None and not is_struck(m.content)]
    return tuple(m.content for m in sorted(current, key=lambda m: (m.created_at, m.id)))
