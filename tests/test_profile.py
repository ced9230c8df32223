"""The page about the user: facts write it, the user's words win."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Settings, background, open_assistant
from assistant.profile import (
    current_profile,
    diff,
    lock_line,
    merge_edit,
    profile_lines_for_prompt,
    profile_text,
    read_profile,
    standing_rules,
    write_lines,
)
from memory import Memory, MemoryManager, ProfileLine, ProfileVersion
from tests.fakes import ScriptedChatModel

DAY = datetime(2026, 5, 3, tzinfo=UTC)


def fact(content: str, attribute: str = "", *, importance: float = 0.5, **more: object) -> Memory:
    fields: dict[str, object] = {
        "id": content,
        "content": content,
        "kind": "semantic",
        "subject": "user",
        "attribute": attribute,
        "value": "",
        "importance": importance,
        "created_at": DAY,
        "valid_from": DAY,
        **more,
    }
    return Memory(**fields)  # type: ignore[arg-type]


def page(*memories: Memory, previous: ProfileVersion | None = None) -> ProfileVersion:
    hidden = previous.hidden_memory_ids if previous else ()
    lines = write_lines(memories, previous)
    return ProfileVersion(id="v", lines=lines, hidden_memory_ids=hidden, author="facts", created_at=DAY)


NAME = fact("The user's name is Zorvik.", "name", importance=0.9)
HOME = fact("The user lives in Bergen.", "city", importance=0.8)
DOG = fact("The user's dog is called Pemba.", "pet:dog")


def test_each_fact_has_a_line_in_its_section_that_names_its_memory() -> None:
    text = profile_text(page(DOG, HOME, NAME).lines)
    assert text == (
        "## About you\n- The user's name is Zorvik.\n\n"
        "## People and pets\n- The user's dog is called Pemba.\n\n"
        "## Home\n- The user lives in Bergen."
    )
    assert page(DOG).lines[0].memory_ids == (DOG.id,)


def test_closed_facts_and_those_of_one_persona_stay_off_the_page() -> None:
    assert page(fact("Old.", valid_to=DAY), fact("Secret.", persona="diary")).lines == ()


def edited(version: ProfileVersion, text: str) -> ProfileVersion:
    lines, hidden = merge_edit(version, text)
    return ProfileVersion(id="w", lines=lines, hidden_memory_ids=hidden, author="user", created_at=DAY)


def test_a_line_that_the_user_took_away_stays_away() -> None:
    version = edited(page(NAME, HOME), "## About you\n- The user's name is Zorvik.")
    assert [line.text for line in page(NAME, HOME, DOG, previous=version).lines] == [NAME.content, DOG.content]


def test_a_line_that_the_user_reworded_stays_as_they_worded_it() -> None:
    version = edited(page(NAME, HOME), "## About you\n- The user's name is Zorvik.\n- The user lives on a boat.")
    after = page(NAME, HOME, previous=version)
    assert [line.text for line in after.lines if line.author == "user"] == ["The user lives on a boat."]
    assert HOME.content not in profile_text(after.lines)


def test_an_edit_that_changes_nothing_changes_nothing() -> None:
    version = page(NAME, HOME, DOG)
    lines, hidden = merge_edit(version, profile_text(version.lines))
    assert (lines, hidden) == (version.lines, ())


@given(
    st.lists(
        st.tuples(st.sampled_from(["About you", "Tastes"]), st.text("abc é'.", min_size=1).map(str.strip).filter(bool))
    )
)
def test_what_is_written_is_read_again(rows: list[tuple[str, str]]) -> None:
    lines = [ProfileLine(section=section, text=text) for section, text in rows]
    assert sorted(read_profile(profile_text(lines))) == sorted(rows)


def test_how_the_user_likes_answers_goes_into_the_rules_not_among_the_facts() -> None:
    rule = fact("Answer in bullets.", kind="procedural")
    version = page(NAME, rule)
    assert [line.text for line in profile_lines_for_prompt(version, "full")] == [NAME.content]
    assert profile_lines_for_prompt(version, "off") == ()
    assert standing_rules([rule, NAME]) == ("Answer in bullets.",)


def test_a_locked_line_stays_when_its_fact_changes_and_goes_when_it_is_forgotten(memory: MemoryManager) -> None:
    bergen = memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen")
    with open_assistant(Settings(home=memory.home), chat_model=ScriptedChatModel(), memory=memory) as assistant:
        assistant.lock_profile_line("The user lives in Bergen.", locked=True)
        memory.add(content="The user lives in Oslo.", attribute="city", value="Oslo")
        texts = [line.text for line in assistant.profile().lines]
        assert texts == ["The user lives in Bergen.", "The user lives in Oslo."]
        memory.delete(bergen.id)
        assert [line.text for line in assistant.profile().lines] == ["The user lives in Oslo."]


def test_a_line_that_is_unlocked_follows_its_fact_again() -> None:
    locked = ProfileVersion(
        id="v",
        lines=lock_line(page(HOME), HOME.content, locked=True),
        hidden_memory_ids=(),
        author="user",
        created_at=DAY,
    )
    assert write_lines([], locked) == locked.lines
    free = ProfileVersion(
        id="w",
        lines=lock_line(locked, HOME.content, locked=False),
        hidden_memory_ids=(),
        author="user",
        created_at=DAY,
    )
    assert write_lines([], free) == ()


def test_a_diff_names_what_went_and_what_came() -> None:
    changes = diff(page(NAME, HOME).lines, page(NAME, DOG).lines)
    assert [(sign, line.text) for sign, line in changes] == [("-", HOME.content), ("+", DOG.content)]
    assert diff(page(NAME).lines, page(NAME).lines) == []


def test_what_the_user_writes_while_the_page_is_kept_in_the_background_stays(
    memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_assistant(Settings(home=memory.home), chat_model=ScriptedChatModel(), memory=memory) as assistant:
        memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik")
        assert assistant.wait_until_idle(timeout_s=20)
        edits: list[threading.Thread] = []

        def edited_meanwhile(kept: MemoryManager) -> ProfileVersion:
            page_before = current_profile(kept)
            edits.append(threading.Thread(target=assistant.edit_profile, args=["## About you\n- I row at dawn."]))
            edits[0].start()
            edits[0].join(0.3)
            return page_before

        monkeypatch.setattr(background, "current_profile", edited_meanwhile)
        memory.add(content="The user's dog is called Pemba.", attribute="pet:dog", value="Pemba")
        assert assistant.wait_until_idle(timeout_s=20)
        edits[0].join(20)
        monkeypatch.undo()
        assert "I row at dawn." in [line.text for line in assistant.profile().lines]


def test_a_restored_page_reads_as_it_did_with_what_was_learnt_since(memory: MemoryManager) -> None:
    with open_assistant(Settings(home=memory.home), chat_model=ScriptedChatModel(), memory=memory) as assistant:
        memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik", importance=0.9)
        memory.add(content="The user lives in Bergen.", attribute="city", value="Bergen", importance=0.8)
        first = assistant.edit_profile("## About you\n- The user's name is Zorvik.\n- I row at dawn.")
        assistant.edit_profile("## About you\n- Nothing to see.")
        memory.add(content="The user's dog is called Pemba.", attribute="pet:dog", value="Pemba")
        assert assistant.profile_diff(first.id) != []
        restored = assistant.restore_profile(first.id)
        assert [line.text for line in restored.lines] == [
            "The user's name is Zorvik.",
            "I row at dawn.",
            "The user's dog is called Pemba.",
        ]
        assert [(sign, line.text) for sign, line in assistant.profile_diff(first.id)] == [
            ("+", "The user's dog is called Pemba.")
        ]
        assert len(memory.profile_versions()) >= 3, "the pages before stay"


def test_the_most_useful_lines_go_into_a_prompt_first() -> None:
    allergy = fact("The user is allergic to nuts.", "allergy", importance=0.9)
    likes = [fact(f"The user likes thing {n}.", "like", importance=0.5) for n in range(8)]
    version = page(*likes, allergy, HOME)
    weights = {m.id: m.importance for m in (*likes, allergy, HOME)}
    lines = profile_lines_for_prompt(version, "light", weights)
    assert [line.text for line in lines[:2]] == [allergy.content, HOME.content]
    own = ProfileLine(section="Notes", text="I row at dawn.", author="user")
    mine = ProfileVersion(id="m", lines=(*version.lines, own), hidden_memory_ids=(), author="user", created_at=DAY)
    assert profile_lines_for_prompt(mine, "light", weights)[0] == own


def test_every_change_of_a_fact_brings_a_page_of_its_own(memory: MemoryManager) -> None:
    with open_assistant(Settings(home=memory.home), chat_model=ScriptedChatModel(), memory=memory) as assistant:

        def page() -> list[str]:
            assert assistant.wait_until_idle(30)
            latest = memory.latest_profile()
            return [line.text for line in latest.lines] if latest else []

        hull = memory.add(content="The user lives in Hull.", attribute="city", value="Hull")
        assert page() == ["The user lives in Hull."]
        memory.update(hull.id, content="The user lives near Hull.")
        assert page() == ["The user lives near Hull."]
        parts = memory.split(hull.id, ["The user lives by the sea.", "The sea is near Hull."])
        assert sorted(page()) == ["The sea is near Hull.", "The user lives by the sea."]
        memory.close_memory(parts[0].id)
        assert page() == ["The sea is near Hull."]
        memory.reopen(parts[0].id)
        memory.undo_add(parts[1].id)
        assert page() == ["The user lives by the sea."]
        memory.delete(parts[0].id)
        assert page() == []
