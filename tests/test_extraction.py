"""Facts and standing instructions out of what the user typed."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from assistant import extraction
from assistant.extraction import CandidateFact, ExtractionFailed, apply, extract_by_rules, load_language, union
from memory import MemoryManager, Message
from tests.fakes import ScriptedChatModel

NOW = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
LANGUAGE = load_language("en")
LABELLED = yaml.safe_load((Path(__file__).parent / "data" / "extraction" / "first.yaml").read_text(encoding="utf-8"))


def read(text: str) -> list[CandidateFact]:
    return extract_by_rules(text, said_at=NOW)


def facts(text: str) -> list[CandidateFact]:
    return [candidate for candidate in read(text) if candidate.kind != "procedural"]


def instructions(text: str) -> list[str]:
    return [candidate.content for candidate in read(text) if candidate.kind == "procedural"]


@pytest.mark.parametrize("rule", LANGUAGE.rules, ids=lambda rule: rule.id)
def test_every_rule_reads_its_examples_and_leaves_its_counterexamples(rule: extraction.Rule) -> None:
    def read_by_it(text: str) -> list[str]:
        attribute, negates = rule.attribute.partition(":")[0], rule.negates
        found = [c for c in facts(text) if (c.attribute.partition(":")[0], c.negates) == (attribute, negates)]
        return [c.value for c in found if (c.subject == "user") == (rule.subject == "user")]

    for text, expected in rule.matches:
        assert read_by_it(text) == ([expected] if isinstance(expected, str) else expected), text
    for text in rule.rejects:
        assert read_by_it(text) == [], text


@pytest.mark.parametrize(("text", "expected"), LANGUAGE.instructions.matches)
def test_a_standing_instruction_is_read(text: str, expected: str) -> None:
    assert instructions(text) == [expected]


@pytest.mark.parametrize("text", LANGUAGE.instructions.rejects)
def test_what_only_sounds_like_an_instruction_is_none(text: str) -> None:
    assert instructions(text) == []


def test_the_rules_are_right_when_they_speak_and_speak_often_enough() -> None:
    right = said = expected = 0
    faults = []
    for case in LABELLED:
        wanted = {tuple(fact) for fact in case["facts"]}
        found = {(("-" if c.negates else "") + c.attribute, c.value) for c in facts(case["text"])}
        right += len(wanted & found)
        said += len(found)
        expected += len(wanted)
        if wanted != found:
            faults.append((case["text"], sorted(found ^ wanted)))
    assert right / said >= 0.95, faults
    assert right / expected >= 0.85, faults


def test_several_facts_in_one_message_are_all_read() -> None:
    contents = [c.content for c in facts("Hi, my name is Zorvik and my dog is called Pemba.")]
    assert contents == ["The user's name is Zorvik.", "The user's dog is called Pemba."]


def test_secrets_and_sensitive_classes_never_become_memories() -> None:
    for text in (
        "My favourite password is hunter22",
        "I like my card 4111 1111 1111 1111",
        "I love Republican rallies",
        "My favourite medication is lithium",
    ):
        assert facts(text) == [], text


def test_a_long_text_is_a_document_and_takes_no_time() -> None:
    text = "my name is Anna and " * 10_000
    started = time.perf_counter()
    assert read(text) == []
    assert read(("i like " + "a " * 1900)[:3900]) == []
    # Two seconds are a thousand times what it takes; only a runaway expression would need them.
    assert time.perf_counter() - started < 2


def test_a_changed_value_closes_the_old_one(memory: MemoryManager) -> None:
    for text in ("I live in Bergen", "I moved to Trondheim"):
        say(memory, text)
    assert [m.value for m in memory.memories(attribute="city")] == ["Trondheim"]
    old = next(m for m in memory.memories(include_closed=True) if m.value == "Bergen")
    assert old.valid_to is not None
    assert old.superseded_by == memory.memories(attribute="city")[0].id


def test_a_negation_closes_and_adds_nothing(memory: MemoryManager) -> None:
    say(memory, "I'm allergic to nuts and milk")
    say(memory, "I'm no longer allergic to milk")
    assert [m.value for m in memory.memories(attribute="allergy")] == ["nuts"]


def test_disliking_takes_back_liking(memory: MemoryManager) -> None:
    say(memory, "I love jazz and ramen")
    say(memory, "I no longer like jazz")
    assert [m.value for m in memory.memories(attribute="like")] == ["ramen"]
    assert [m.value for m in memory.memories(attribute="dislike")] == ["jazz"]


def test_a_later_wish_replaces_an_earlier_one_of_its_kind(memory: MemoryManager) -> None:
    say(memory, "From now on keep answers short")
    say(memory, "From now on give me more detail")
    say(memory, "Always answer in bullets")
    assert {m.content for m in memory.memories(kind="procedural")} == {"Give more detail.", "Answer in bullets."}


def say(memory: MemoryManager, text: str) -> Message:
    message = memory.add_message(memory.start_conversation().id, role="user", content=text)
    apply(memory, extract_by_rules(text, said_at=message.created_at), message)
    return message


def reply(*rows: dict[str, str]) -> ScriptedChatModel:
    return ScriptedChatModel(replies=[json.dumps({"facts": list(rows)})])


def test_the_chat_models_facts_must_stand_in_the_message() -> None:
    good = {"content": "The user keeps bees.", "attribute": "hobby", "value": "bees"}
    invented = {"content": "The user lives in Paris.", "attribute": "city", "value": "Paris"}
    found = extraction.extract_with_model(reply(good, invented), "I keep bees.", said_at=NOW)
    assert [(c.content, c.origin) for c in found] == [("The user keeps bees.", "model")]


def test_a_chat_model_that_answers_nonsense_is_a_recorded_failure() -> None:
    with pytest.raises(ExtractionFailed, match="schema"):
        extraction.extract_with_model(ScriptedChatModel(replies=["Sure!"]), "I keep bees.", said_at=NOW)


def test_what_the_rules_have_read_is_not_read_again() -> None:
    by_rules = [CandidateFact(content="The user lives in Oslo.", attribute="city", value="Oslo")]
    by_model = [
        CandidateFact(content="The user resides in Oslo.", attribute="home", value="oslo"),
        CandidateFact(content="The user keeps bees.", attribute="hobby", value="bees"),
    ]
    assert [c.value for c in union(by_rules, by_model)] == ["Oslo", "bees"]
