"""What people type into the search box is read, obeyed, and shown where it stands."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import Memory, MemoryManager, Message, open_memory
from memory.filters import read_filters, snippets
from tests.fakes import HashEmbeddings

MAY = datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_filters_stand_anywhere_and_the_rest_are_words() -> None:
    read = read_filters("red from:me boat persona:Ada before:2026-06-01 after:2026 engine")
    assert read.words == "red boat engine"
    assert (read.role, read.persona) == ("user", "ada")
    assert (read.after, read.before) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    assert read.narrows and not read_filters("red boat").narrows


def test_days_begin_where_the_user_is() -> None:
    oslo = timezone(timedelta(hours=2))
    assert read_filters("after:2026-05-03", oslo).after == datetime(2026, 5, 2, 22, tzinfo=UTC)


@pytest.mark.parametrize("text", ["before:soon", "after:2026-13", "from:nobody", "http://x", "note:this", "xfrom:me"])
def test_what_is_no_filter_is_a_word(text: str) -> None:
    read = read_filters(text)
    assert read.words == text and not read.narrows


@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    read_filters(text)
    assert len(snippets([text, "a text"], text)) == 2


def test_a_snippet_is_the_place_where_the_words_stand_whatever_their_ending() -> None:
    text = "filler " * 300 + "we planted two quinces by the wall " + "filler " * 300
    (pieces,) = snippets([text], "planting quince")
    assert [piece for piece, wanted in pieces if wanted] == ["planted", "quinces"]
    assert len(" ".join(piece for piece, _ in pieces).split()) < 60
    assert snippets(["Short."], "from:me") == [[("Short.", False)]]
    assert snippets([], "x") == []


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[MemoryManager]:
    with open_memory(tmp_path, embeddings=HashEmbeddings(), clock=lambda: MAY, start_worker=False) as opened:
        for persona, month in (("nova", 1), ("ada", 3)):
            conversation = opened.start_conversation(persona=persona)
            for role in ("user", "assistant"):
                opened.add_message(
                    conversation.id,
                    role=role,  # type: ignore[arg-type]
                    content=f"The quince is ripe, says the {role} to {persona}.",
                    created_at=MAY.replace(month=month),
                )
        opened.add(content="The user grows quince.", attribute="grows", value="quince")
        opened.embed_pending()
        yield opened


@pytest.mark.parametrize(
    ("typed", "facts", "messages"),
    [
        ("quince", 1, 4),
        ("quince from:me", 0, 2),
        ("quince from:attune persona:ada", 0, 1),
        ("quince before:2026-02", 0, 2),
        ("quince after:2026-02", 1, 2),
        ("quince after:2026-04", 1, 0),
        ("persona:nova", 0, 2),
        ("from:me", 0, 2),
        ("after:2026-02 before:2026-04 from:me", 0, 1),
    ],
)
def test_filters_hold_for_every_hit_by_words_and_by_meaning(
    memory: MemoryManager, typed: str, facts: int, messages: int
) -> None:
    found = [hit.item for hit in memory.search_as_typed(typed)]
    assert sum(isinstance(item, Memory) for item in found) == facts
    assert sum(isinstance(item, Message) for item in found) == messages


def test_results_are_marked_and_lead_to_their_conversation(memory: MemoryManager) -> None:
    from ui import cards

    hits = memory.search_as_typed("ripe <b> from:me persona:ada")
    (hit,) = hits
    assert isinstance(hit.item, Message)
    shown = cards.search_results(hits, {}, "ripe <b>", {hit.item.conversation_id: "Fruit & more"})
    assert "is <mark>ripe</mark>, says" in shown
    assert f'<a href="?c={hit.item.conversation_id}&amp;m={hit.item.id}">Fruit &amp; more</a>' in shown


def test_what_means_nothing_near_and_shares_no_word_is_left_out(
    memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = memory.search("zzzz")
    assert found and {hit.source for hit in found} == {"dense"}
    assert memory.search_as_typed("zzzz") == []
    similar = sorted(hit.similarity for hit in found if hit.similarity is not None)
    monkeypatch.setattr("memory.manager.LEAST_SIMILAR", similar[0])
    assert len(memory.search_as_typed("zzzz")) == len(found)
