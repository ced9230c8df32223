"""Several memories at once: merged, split, closed and forgotten, with their history and their sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.assistant import Assistant, open_assistant
from assistant.settings import Settings
from memory import Memory, MemoryManager, open_memory, why
from memory.errors import CannotMerge
from memory.ranking import Evidence
from tests.fakes import HashEmbeddings, ScriptedChatModel
from ui import cards
from ui.care import MemoryCare
from ui.handlers import PageHandlers

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    memory = open_memory(tmp_path, embeddings=HashEmbeddings())
    with open_assistant(Settings(home=tmp_path), chat_model=ScriptedChatModel(), memory=memory) as opened:
        yield opened


@pytest.fixture
def care(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> MemoryCare:
    monkeypatch.setattr(gr, "Warning", lambda message, **_: None)
    monkeypatch.setattr(gr, "Info", lambda message, **_: None)
    return MemoryCare(PageHandlers(assistant))


def told(memory: MemoryManager, text: str, content: str, **fields: Any) -> Memory:
    said = memory.add_message(memory.start_conversation().id, role="user", content=text)
    return memory.add(content=content, source_message_id=said.id, plural=True, **fields)


def test_two_memories_become_one_that_cites_both(memory: MemoryManager) -> None:
    runs = told(
        memory, "I run", "The user runs.", attribute="hobby", value="running", valid_from=NOW - timedelta(days=9)
    )
    jogs = told(memory, "I jog", "The user jogs.", attribute="hobby", value="jogging")
    one = memory.merge([runs.id, jogs.id], content="The user runs and jogs.")
    assert [m.id for m in memory.memories()] == [one.id]
    assert (one.attribute, one.value, one.valid_from) == ("hobby", "", runs.valid_from)
    assert {e.source_message_id for e in memory.history(one.id)} == {runs.source_message_id, jogs.source_message_id}
    for old in (runs, jogs):
        now = memory.get(old.id)
        assert now.superseded_by == one.id and now.valid_to is not None
        assert memory.history(old.id)[-1].kind == "merged"


def test_what_has_nothing_in_common_does_not_become_one(memory: MemoryManager) -> None:
    mine = memory.add(content="The user lives in Hull.", attribute="city", value="Hull")
    hers = memory.add(content="The user's sister lives in Bonn.", subject="sister", attribute="city", value="Bonn")
    with pytest.raises(CannotMerge, match="one person"):
        memory.merge([mine.id, hers.id], content="They live apart.")
    with pytest.raises(CannotMerge, match="two"):
        memory.merge([mine.id, mine.id], content="Once.")
    assert len(memory.memories()) == 2


def test_one_memory_becomes_several_of_the_same_source(memory: MemoryManager) -> None:
    both = told(
        memory, "I like tea and chess", "The user likes tea and chess.", attribute="like", value="tea and chess"
    )
    parts = memory.split(both.id, ["The user likes tea.", "", "The user likes chess."])
    assert {m.content for m in memory.memories()} == {"The user likes tea.", "The user likes chess."}
    assert {part.source_message_id for part in parts} == {both.source_message_id}
    assert memory.history(both.id)[-1].kind == "split"
    with pytest.raises(CannotMerge):
        memory.split(parts[0].id, ["Only one."])


def test_what_was_merged_goes_with_the_conversation_that_told_a_part_of_it(memory: MemoryManager) -> None:
    hull = told(memory, "My boat is called Zorb", "The user's boat is called Zorb.", attribute="boat", value="Zorb")
    blue = told(memory, "It is blue", "The user's boat is blue.", attribute="boat-colour", value="blue")
    memory.merge([hull.id, blue.id], content="The user's boat Zorb is blue.")
    source = memory.get_message(hull.source_message_id or "")
    memory.delete_conversation(source.conversation_id)
    assert not any("Zorb" in m.content for m in memory.memories(include_closed=True))


def test_many_are_closed_and_forgotten_at_once(assistant: Assistant, care: MemoryCare) -> None:
    memory = assistant.memory
    facts = [
        told(memory, f"I like {v}", f"The user likes {v}.", attribute="like", value=v) for v in ("tea", "Zorb", "Quux")
    ]
    care.close([facts[0].id], "", False)
    assert {m.value for m in memory.memories()} == {"Zorb", "Quux"}
    care.reopen([facts[0].id], "", True)
    pending, _, words = care.ask_forget([facts[1].id, facts[2].id])
    assert "Zorb" in words and "Quux" in words
    PageHandlers(assistant).yes(pending, "")
    assert {m.value for m in memory.memories(include_closed=True)} == {"tea"}
    assert not any("Zorb" in m.content for m in memory.thread(memory.conversations()[-1].id))


def test_the_list_narrows_to_one_persona(assistant: Assistant) -> None:
    assistant.memory.add(content="The user told Ada of a plan.", persona="ada")
    assistant.memory.add(content="The user told everybody.")
    handlers = PageHandlers(assistant)
    assert [m.content for m in handlers.listed("persona:ada", False)] == ["The user told Ada of a plan."]
    assert len(handlers.listed("", False)) == 2
    assert "everybody" not in handlers.memories("is:fact persona:ada", False)


def test_a_search_for_a_day_that_is_none_says_so_in_place_of_what_was_found_before(
    assistant: Assistant, care: MemoryCare
) -> None:
    assistant.memory.add(content="The user likes tea.")
    query = '" OR 1=1 is:nonsense on:2026-99-99'
    shown = PageHandlers(assistant).memories(query, False)
    assert "“2026-99-99” is not a day" in shown and "tea" not in shown
    choice, timeline = care.choices(query, False)
    assert choice["choices"] == [] and "tea" not in timeline


def test_the_timeline_has_plans_on_their_days_and_facts_where_they_began(memory: MemoryManager) -> None:
    day = NOW.date()
    memory.add(content="The user lives in Hull.", valid_from=NOW - timedelta(days=60))
    memory.add(content="The user has an exam.", attribute="plan", kind="episodic", occurs=(day, day))
    page = cards.life(memory.memories())
    assert page.index("May 2026") < page.index("exam") < page.index("March 2026") < page.index("Hull")


def test_why_something_was_used_is_told_in_parts_strongest_first() -> None:
    parts = why.of_message(Evidence(words=0.4, meaning=0.8), created_at=NOW, now=NOW)
    assert parts == (("recent", 1.0), ("meaning", 0.8), ("words", 0.4))
    assert why.read(why.written(parts)) == parts
    assert why.read("words=much nonsense meaning=2") == (("meaning", 1.0),)


def test_an_answer_keeps_why_each_memory_was_used(assistant: Assistant) -> None:
    assistant.memory.add(content="The user's dog is called Pemba.", attribute="pet:dog", value="Pemba")
    for _ in assistant.respond("What is my dog called?"):
        pass
    answer = assistant.memory.thread(assistant.memory.conversations()[0].id)[-1]
    (used,) = [use for use in assistant.used_for(answer.id) if use.type == "memory"]
    assert dict(used.why)["words"] == 1.0
    assert "Why?" in cards.used_panel([used], of_reply=True)
