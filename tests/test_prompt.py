"""The prompt: its order, and the budget that it never exceeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.prompt import (
    MEMORIES,
    PROFILE_TOKENS,
    TOPIC_RULES,
    MessageTooLong,
    PromptMessage,
    PromptParts,
    Turn,
    build_messages,
    without_forgotten,
)
from memory.dates import long_date
from memory.forgetting import MARK
from personas import Exchange, Persona

NOVA = Persona(name="Nova", description="", system_prompt="A warm companion.")
TEXTS = st.text(max_size=400)
LINES = st.lists(TEXTS, max_size=12).map(tuple)
TURNS = st.lists(
    st.builds(Turn, role=st.sampled_from(["user", "assistant"]), content=TEXTS, block=TEXTS), max_size=12
).map(tuple)
PERSONAS = st.builds(
    Persona,
    name=st.text(max_size=80),
    description=st.just(""),
    system_prompt=TEXTS,
    style=LINES,
    examples=st.lists(st.builds(Exchange, user=TEXTS, assistant=TEXTS), max_size=3).map(tuple),
)
PARTS = st.builds(
    PromptParts,
    persona=PERSONAS,
    text=TEXTS,
    today=st.none() | st.dates(),
    global_rules=TEXTS,
    rules=LINES,
    profile=LINES,
    summary=TEXTS,
    turns=TURNS,
    memories=LINES,
    topic_rules=LINES,
)


def count(messages: Sequence[PromptMessage]) -> int:
    """A token for every three characters, and four for each message."""
    return sum(4 + len(message.content) // 3 for message in messages)


@settings(max_examples=150, deadline=None)
@given(PARTS, st.integers(1, 2000))
def test_the_budget_is_never_exceeded_whatever_is_given(parts: PromptParts, budget: int) -> None:
    try:
        prompt = build_messages(parts, budget=budget, count=count)
    except MessageTooLong as error:
        assert error.tokens > budget == error.budget
        return
    assert count(prompt.messages) == prompt.tokens <= budget
    assert prompt.messages[0].role == "system"
    assert prompt.messages[-1].role == "user"
    assert prompt.messages[-1].content.endswith(parts.text)
    assert [m.role for m in prompt.messages[1:2]] == ["user"]


def test_what_is_stable_comes_first_and_what_changes_comes_last() -> None:
    parts = PromptParts(
        persona=NOVA,
        text="What is my dog called?",
        today=date(2026, 11, 21),
        global_rules="Say what you know.",
        rules=("Keep answers short.",),
        profile=("The user's name is Zorvik.",),
        summary="They spoke of dogs.",
        turns=(
            Turn(role="user", content="Hi", block="Today is 20 November 2026."),
            Turn(role="assistant", content="Hello!"),
        ),
        memories=("The user's dog is called Pemba. (since 3 May 2026)",),
        topic_rules=("Be warm.",),
    )
    system, question, answer, new = build_messages(parts, budget=1000, count=count).messages
    assert system.content == (
        "You are Nova. A warm companion.\nSay what you know.\nRules:\n- Keep answers short.\nAbout the user:\n"
        "- The user's name is Zorvik.\nEarlier in this conversation:\nThey spoke of dogs."
    )
    assert question.content == "Today is 20 November 2026.\n\nHi"
    assert answer.content == "Hello!"
    assert new.content == (
        "Today is 21 November 2026.\nMemories:\n- The user's dog is called Pemba. (since 3 May 2026)\n"
        "Rules for this answer:\n- Be warm.\n\nWhat is my dog called?"
    )


def test_the_oldest_turns_go_first_and_an_answer_never_comes_first() -> None:
    turns = tuple(Turn(role="user" if n % 2 == 0 else "assistant", content=f"{n} " + "x" * 120) for n in range(10))
    prompt = build_messages(PromptParts(persona=NOVA, text="And?", turns=turns), budget=200, count=count)
    assert prompt.messages[1].role == "user"
    assert prompt.messages[-2].content.startswith("9 ")
    assert 0 < prompt.turns_used < 10


def test_the_rules_stay_when_memories_and_profile_must_go() -> None:
    parts = PromptParts(
        persona=NOVA, text="x" * 300, rules=("Keep answers short.",), profile=("y" * 300,), memories=("z" * 300,)
    )
    prompt = build_messages(parts, budget=150, count=count)
    assert "Keep answers short." in prompt.messages[0].content
    assert (prompt.memories_used, prompt.profile_used) == (0, 0)


def test_memories_never_crowd_out_the_conversation() -> None:
    turns = (Turn(role="user", content="Earlier words"), Turn(role="assistant", content="Earlier answer"))
    parts = PromptParts(persona=NOVA, text="Now", turns=turns, memories=("m" * 300,) * 50, profile=("p" * 300,) * 50)
    prompt = build_messages(parts, budget=800, count=count)
    assert prompt.turns_used == 2
    assert 0 < prompt.memories_used < 50


def test_at_most_five_hundred_tokens_of_profile_go_into_a_prompt_the_first_lines_first() -> None:
    lines = tuple(f"Line {number} about the user." for number in range(400))
    prompt = build_messages(PromptParts(persona=NOVA, text="Hi", profile=lines), budget=30_000, count=count)
    without = build_messages(PromptParts(persona=NOVA, text="Hi"), budget=30_000, count=count)
    assert 450 < prompt.tokens - without.tokens <= PROFILE_TOKENS == 500
    system = prompt.messages[0].content
    assert lines[0] in system and lines[prompt.profile_used - 1] in system and lines[-1] not in system


def test_a_date_reads_the_same_everywhere() -> None:
    assert long_date(date(2026, 5, 3)) == "3 May 2026"


def test_a_text_that_cannot_fit_says_by_how_much() -> None:
    with pytest.raises(MessageTooLong, match="tokens") as caught:
        build_messages(PromptParts(persona=NOVA, text="x" * 9000), budget=100, count=count)
    assert caught.value.tokens > 3000


def test_a_block_read_again_has_no_line_that_lost_words_to_forgetting() -> None:
    block = f"Today is 3 May 2026.\n{MEMORIES}\n- The user's dog is {MARK}.\n{TOPIC_RULES}\n- Be brief."
    assert without_forgotten(block) == f"Today is 3 May 2026.\n{TOPIC_RULES}\n- Be brief."
    assert without_forgotten(f"{MEMORIES}\n- {MARK}") == ""
    assert without_forgotten(f"{MEMORIES}\n- {MARK}\n- Tea.") == f"{MEMORIES}\n- Tea."
