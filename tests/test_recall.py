"""What of a search goes into a prompt, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime

from assistant.recall import SNIPPET_CHARS, SNIPPET_WORDS, choose_memories, construct_query, memory_line, message_line
from benchmarks import follow_ups
from memory import Memory, Message, SearchHit
from tests.fakes import HashEmbeddings

MAY = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def fact(content: str, **more: object) -> SearchHit:
    fields: dict[str, object] = {
        "id": content,
        "content": content,
        "kind": "semantic",
        "subject": "user",
        "attribute": "",
        "value": "",
        "importance": 0.5,
        "created_at": MAY,
        "valid_from": MAY,
        **more,
    }
    return SearchHit(item=Memory(**fields), score=1.0, source="bm25")  # type: ignore[arg-type]


def said(content: str, role: str = "user") -> SearchHit:
    message = Message(id=content, conversation_id="c", parent_id=None, role=role, content=content, created_at=MAY)  # type: ignore[arg-type]
    return SearchHit(item=message, score=1.0, source="bm25")


def lines(*hits: SearchHit, small: bool = True, limit: int = 10, read: tuple[str, ...] = ()) -> list[str]:
    return [line for _, line in choose_memories(hits, now=NOVEMBER, small_model=small, limit=limit, read=read)]


def test_lines_have_the_forms_that_the_model_was_trained_on() -> None:
    pemba = fact("The user's dog is called Pemba.").item
    closed = fact("The user lives in Bergen.", valid_to=MAY).item
    message = said('I took Pemba to the "vet".').item
    assert isinstance(pemba, Memory) and isinstance(closed, Memory) and isinstance(message, Message)
    assert memory_line(pemba, NOVEMBER) == "The user's dog is called Pemba. (since 3 May 2026)"
    assert memory_line(closed, NOVEMBER) == "No longer true since 3 May 2026: The user lives in Bergen."
    assert message_line(message) == "On 3 May 2026 the user wrote: \"I took Pemba to the 'vet'.\""


def test_facts_come_before_messages_and_the_limit_holds() -> None:
    found = lines(said("I walked."), fact("The user likes tea."), fact("The user likes rain."), limit=2)
    assert [line.partition(" (")[0] for line in found] == ["The user likes tea.", "The user likes rain."]


def test_a_small_model_gets_no_questions_no_answers_and_nothing_twice() -> None:
    hits = [
        said("What is my dog called?"),
        said("Your dog is Pemba.", "assistant"),
        said("I told you."),
        said("Rain. Why?"),
    ]
    assert lines(*hits, read=("I told you.",)) == ['On 3 May 2026 the user wrote: "Rain."']
    assert len(lines(*hits, small=False)) == 4


def test_standing_instructions_are_not_memories_to_recall() -> None:
    assert lines(fact("Answer in bullets.", kind="procedural")) == []


def test_a_long_message_is_cut() -> None:
    (line,) = lines(said("word " * 500))
    assert len(line.split()) < SNIPPET_WORDS + 12


def test_a_long_text_without_spaces_is_cut_too() -> None:
    (line,) = lines(said("x" * 20_000))
    assert len(line) < SNIPPET_CHARS + 60 and line.endswith('…"')


def test_a_short_question_that_leans_back_brings_what_it_leans_on() -> None:
    turns = ["My sister Anneke plays the piano."]
    assert "Anneke" in construct_query("When is her birthday?", turns)
    assert "Anneke" in construct_query("And the other one?", turns)
    for alone in ("Where do I live?", "What did the doctor say about the long trip to the coast that we planned?"):
        assert construct_query(alone, turns) == alone


def test_a_pronoun_takes_the_name_and_not_the_rest_of_the_turn() -> None:
    turns = ["Yesterday I had soup with my brother Tarek.", "It was cold."]
    assert construct_query("When is his birthday?", turns) == "When is his birthday? Tarek"
    assert construct_query("When is Oda's birthday, and his?", turns) == "When is Oda's birthday, and his?"


def test_a_thing_without_a_name_is_named_by_the_words_it_was_spoken_of_in() -> None:
    assert construct_query("Where is the spare key for it?", ["I washed the car."]).endswith("? washed car")


def test_and_another_one_takes_what_was_asked_but_not_of_whom() -> None:
    assert construct_query("And the roses?", ["What do the tomatoes want?"]) == "And the roses? want"


def test_follow_ups_find_what_they_lean_on() -> None:
    """Words alone are enough to see it; the figures are those of `python -m benchmarks.follow_ups`."""
    ranks = follow_ups.run(HashEmbeddings())
    rows = follow_ups.rows(ranks)
    assert len(ranks) == 60
    assert float(rows[1]["first"]) >= float(rows[0]["first"]) + 20
    assert sum(int(row["worse"]) for row in rows) <= 1, "hashed words take the place of meaning; with MiniLM it is 0"
