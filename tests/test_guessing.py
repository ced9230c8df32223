"""How someone may want to be answered, guessed from how they write: made-up users, and what must never count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from assistant import Assistant, Settings, open_assistant
from assistant.guessing import MIN_MESSAGES, Said, guesses
from assistant.settings import load_settings
from memory import MemoryManager
from tests.fakes import ScriptedChatModel
from ui.handlers import PageHandlers

USERS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "an engineer in a hurry": (
        {"expertise": "expert", "detail": "short"},
        (
            "Briefly, why does this mutex deadlock under load?",
            "tl;dr of TLS 1.3 vs 1.2",
            "How do I keep the latency of an endpoint under 50 ms?",
            "quick answer: is an index scan always cheaper?",
            "Which schema for time series in SQL?",
            "In one line, what makes a call idempotent",
            "What would you cook tonight",
            "is --no-cache worth it for this container image",
            "In short: async or threads for this?",
        ),
    ),
    "a clerk who writes letters": (
        {"manner": "formal"},
        (
            "Could you please tell me how to address a council?",
            "I would like to know when the library opens on Sundays.",
            "Would you kindly suggest a title for my talk?",
            "What is the capital of Australia?",
            "I would be grateful for a list of museums in Bergen.",
            "Thank you very much. May I ask how old the town hall is?",
            "How long does a letter to Canada take?",
            "Could you please check this sentence?",
        ),
    ),
    "someone cheerful": (
        {"manner": "friendly"},
        (
            "hey, what's for dinner?",
            "haha that's perfect, thanks!",
            "Any idea for a birthday cake?",
            "Yay, the sun is out! Where should we go",
            "hiya, quick question about my bike",
            "how do i get wax off a table",
            "You're the best! What about the blue one?",
            "what time is it in Tokyo now",
        ),
    ),
    "a learner": (
        {"expertise": "beginner", "detail": "long"},
        (
            "What does amortization mean?",
            "I'm new to gardening. Tell me everything about compost",
            "Can you explain how a loan works in simple words?",
            "Walk me through repotting a plant step by step",
            "I have never done this before, how do I bleed a radiator in detail?",
            "Explain an API like I'm five",
            "what does HTTP mean",
            "Please elaborate on the second point",
            "Which soil is best",
        ),
    ),
    "someone who just asks": (
        {},
        (
            "What should I pack for Oslo?",
            "How long do eggs take?",
            "My sister comes on Friday. Any idea what we could do?",
            "Write a note for the neighbours about the noise.",
            "Which of the two is cheaper?",
            "I slept badly, what helps?",
            "How do I fix a dripping tap?",
            "What is a good name for a cat?",
            "Is it going to be a long winter?",
            "Do I need a visa for Japan",
        ),
    ),
    "one who wants it short and long by turns": (
        {},
        (
            "Briefly, what is inflation?",
            "Explain photosynthesis in detail.",
            "In short, who won?",
            "Tell me everything about the Vikings.",
            "tl;dr please of the plot",
            "Walk me through changing a tyre",
            "just the number please",
            "How tall is the tower?",
        ),
    ),
    "one who pastes the words of others": (
        {},
        tuple(f'What do they want here: "Dear sir, could you please kindly send file {n}"' for n in range(9)),
    ),
}
DEMOGRAPHIC = (
    "I am a woman.",
    "I am a man of 74.",
    "My pronouns are they and them.",
    "As a Muslim I fast in Ramadan.",
    "We are Jewish and light candles on Friday.",
    "God bless.",
    "I come from Lagos.",
    "My parents are from India.",
    "I am Black.",
    "My name is Mohammed.",
    "Call me Mary-Lou.",
    "I am a pensioner.",
    "I am 19.",
    "I am a mother of three.",
    "Salaam.",
    "Namaste.",
)


def said(texts: Sequence[str], per_conversation: int = 2) -> list[Said]:
    return [Said(conversation_id=f"c{n // per_conversation}", text=text) for n, text in enumerate(texts)]


def guessed(messages: Sequence[Said]) -> dict[str, str]:
    return {guess.axis: guess.choice for guess in guesses(messages)}


@pytest.mark.parametrize("user", USERS)
def test_made_up_users_are_guessed_right_or_not_at_all(user: str) -> None:
    wanted, texts = USERS[user]
    assert guessed(said(texts)) == wanted


def test_a_guess_says_what_it_was_counted_from() -> None:
    (guess,) = guesses(said(USERS["a clerk who writes letters"][1]))
    assert guess.because.startswith("6 of your first 8 messages are written in full and formally")
    assert guess.rule == "Use a formal tone."


@pytest.mark.parametrize("user", USERS)
def test_few_messages_or_a_single_errand_bring_no_guess(user: str) -> None:
    _, texts = USERS[user]
    assert guesses(said(texts[: MIN_MESSAGES - 1])) == []
    assert guesses(said(texts, per_conversation=100)) == []


@limits(deadline=None)
@given(st.sampled_from(sorted(USERS)), st.lists(st.sampled_from(DEMOGRAPHIC), min_size=1, max_size=3))
def test_who_someone_says_they_are_changes_no_guess(user: str, who: list[str]) -> None:
    wanted, texts = USERS[user]
    assert guessed(said([f"{text} {' '.join(who)}" for text in texts])) == wanted


@limits(deadline=None)
@given(st.lists(st.sampled_from(DEMOGRAPHIC), min_size=MIN_MESSAGES, max_size=40))
def test_nothing_is_guessed_from_who_someone_is_alone(who: list[str]) -> None:
    assert guesses(said(who)) == []


# --- offered on the page ----------------------------------------------------------------------------------------------


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    """Of a clerk who has had four conversations."""
    for n, message in enumerate(said(USERS["a clerk who writes letters"][1])):
        if n % 2 == 0:
            conversation = memory.start_conversation()
        memory.add_message(conversation.id, role="user", content=message.text)
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as opened:
        yield opened


def press(handlers: PageHandlers, act: str, what: str = "") -> tuple[Any, ...]:
    return handlers.guess_pressed(gr.EventData(None, {"act": act, "id": what}))  # type: ignore[no-any-return]


def system_prompt(assistant: Assistant) -> str:
    list(assistant.respond("How are you?"))
    return str(assistant.chat_model.heard[-1][0].content)


def test_a_guess_is_shown_with_its_reason_and_changes_nothing_until_it_is_kept(
    settings: Settings, assistant: Assistant, memory: MemoryManager
) -> None:
    handlers = PageHandlers(assistant)
    shown = handlers.guesses()
    assert "Guessed from your messages:" in shown and "Use a formal tone." in shown and "6 of your first 8" in shown
    assert "formal tone" not in system_prompt(assistant)
    shown, wanted, *axes = press(handlers, "keep-guess", "manner:formal")
    assert (shown, wanted, axes) == ("", True, ["", "", "formal"])
    assert "- Use a formal tone." in system_prompt(assistant)
    answer = memory.thread(memory.conversations()[0].id)[-1]
    assert assistant.rules_of(answer.id)[0] == ("Use a formal tone. (your choice to begin with)",)
    assert load_settings(home=settings.home).manner == "formal"


def test_a_guess_is_changed_with_one_press(settings: Settings, assistant: Assistant) -> None:
    press(PageHandlers(assistant), "keep-guess", "manner:friendly")
    assert settings.manner == "friendly" and assistant.guesses() == []
    press(PageHandlers(assistant), "keep-guess", "model:other")
    assert settings.model == ""


def test_guessing_is_switched_off_and_on_again(settings: Settings, assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    assert press(handlers, "no-guess")[:2] == ("", False)
    assert not load_settings(home=settings.home).guess
    assert "formal" in handlers.choose_guess(True)


def test_nothing_is_guessed_where_the_user_has_picked_or_taught(settings: Settings, assistant: Assistant) -> None:
    settings.manner = "friendly"
    assert assistant.guesses() == []
    settings.manner = ""
    assistant.add_rule("Use a warm, friendly tone.")
    assert assistant.guesses() == []
    assistant.switch_rule(assistant.current_rules()[0].id, enabled=False)
    assert [guess.choice for guess in assistant.guesses()] == ["formal"]


def test_an_incognito_conversation_and_what_is_withheld_are_not_looked_at(
    settings: Settings, memory: MemoryManager
) -> None:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as assistant:
        for text in USERS["a clerk who writes letters"][1]:
            list(assistant.respond(text, assistant.incognito.start()))
        assert assistant.guesses() == []
        list(assistant.respond("I was diagnosed with epilepsy last week."))
        list(assistant.respond("Good morning to you"))
        assert assistant.wait_until_idle(60)
        assert [message.content for message in memory.said_first(9)] == ["Good morning to you"]
