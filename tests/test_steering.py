"""Context Steering: its arithmetic, the real model under it, and what a turn hands to the model."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage
from numpy.typing import NDArray
from pydantic import PrivateAttr

from assistant import Assistant, Settings, open_assistant
from assistant.chat_model import LlamaChatModel
from assistant.models import builtin_model_path
from assistant.prompt import PromptParts, build_messages, impersonal
from assistant.settings import load_settings
from assistant.steering import PLAUSIBLE, log_probabilities, steered
from assistant.streaming import to_langchain
from benchmarks import steering
from benchmarks.tastes import read_world
from memory import MemoryManager
from personas import load_library
from tests.fakes import ScriptedChatModel
from ui.handlers import PageHandlers

QUESTIONS = (
    "How are you today?",
    "What can you do?",
    "Where do I live?",
    "Who are you?",
    "I had a bad day",
    "What is a fjord?",
    "Thank you for that",
    "Tell me about yourself",
)
logits = st.lists(st.floats(-20, 20), min_size=8, max_size=8).map(lambda row: np.array(row, dtype=np.float32))


@pytest.fixture(scope="module")
def builtin() -> Iterator[LlamaChatModel]:
    model = LlamaChatModel(model_path=builtin_model_path(), temperature=0.0, is_builtin=True)
    yield model
    model.close()


def prompts(model: LlamaChatModel, question: str, *rules: str) -> tuple[list[BaseMessage], list[BaseMessage]]:
    """The prompt with rules and profile, and the same without."""
    parts = PromptParts(
        persona=load_library()["nova"],
        text=question,
        today=date(2026, 1, 15),
        global_rules=(files("assistant") / "prompts" / "global.txt").read_text(encoding="utf-8"),
        rules=rules,
        profile=("The user's name is Wren.", "The user lives in Oslo."),
    )
    made = [
        build_messages(p, budget=800, count=lambda m: model.count_messages(to_langchain(m)))
        for p in (parts, impersonal(parts))
    ]
    return to_langchain(made[0].messages), to_langchain(made[1].messages)


def said(model: LlamaChatModel, messages: list[BaseMessage], **options: Any) -> str:
    return str(model.invoke(messages, max_tokens=120, **options).content)


# --- the arithmetic ---------------------------------------------------------------------------------------------------


@given(logits, logits)
def test_at_0_the_likeliest_token_stays_and_at_minus_1_it_is_that_of_the_other_prompt(
    with_it: NDArray[np.float32], without: NDArray[np.float32]
) -> None:
    # Logits that differ in the fifteenth digit are as likely as each other.
    assert with_it[steered(with_it, without, 0.0).argmax()] == pytest.approx(with_it.max(), abs=1e-4)
    left_out = log_probabilities(without)
    assert left_out[steered(with_it, without, -1.0).argmax()] == pytest.approx(left_out.max(), abs=1e-4)


@given(logits, st.floats(-1, 3))
def test_where_nothing_personal_speaks_nothing_changes(row: NDArray[np.float32], strength: float) -> None:
    known = log_probabilities(row)
    score = steered(row, row, strength)
    kept = np.isfinite(score)
    assert np.allclose(score[kept], known[kept], atol=1e-4)
    assert (known[kept] >= known.max() + np.log(PLAUSIBLE) - 1e-9).all()


@given(logits, logits, st.floats(0, 2), st.floats(0.01, 1))
def test_a_larger_strength_never_lowers_what_the_personal_part_raises(
    with_it: NDArray[np.float32], without: NDArray[np.float32], strength: float, more: float
) -> None:
    gain = log_probabilities(with_it) - log_probabilities(without)
    less, larger = steered(with_it, without, strength), steered(with_it, without, strength + more)
    raised = np.isfinite(less) & (gain > 0)
    assert (larger[raised] >= less[raised] - 1e-4).all()


def test_what_neither_prompt_would_say_is_never_said_however_strongly_the_personal_part_speaks_for_it() -> None:
    with_it, without = np.array([10.0, 0.0], np.float32), np.array([10.0, -50.0], np.float32)
    assert steered(with_it, without, 3.0).argmax() == 0


# --- the model that ships ---------------------------------------------------------------------------------------------


def test_strength_0_is_the_ordinary_reply_token_for_token(builtin: LlamaChatModel) -> None:
    for question in QUESTIONS:
        known, unknown = prompts(builtin, question, "Keep answers short.")
        assert said(builtin, known, without=unknown, strength=0.0) == said(builtin, known)


def test_two_replies_at_once_are_each_steered_by_their_own_prompt(builtin: LlamaChatModel) -> None:
    two = [prompts(builtin, "Where do I live?", rule) for rule in ("Keep answers short.", "Give more detail.")]
    alone = [said(builtin, known, without=unknown, strength=2.0) for known, unknown in two]
    known, unknown = two[1]
    found: list[str] = []
    beside = threading.Thread(
        target=lambda: found.append(said(builtin, known, without=unknown, strength=2.0, purpose="beside"))
    )
    beside.start()
    known_first, unknown_first = two[0]
    found.insert(0, said(builtin, known_first, without=unknown_first, strength=2.0))
    beside.join(20)
    assert found == alone
    assert not {"beside", "steering beside"} & set(builtin._contexts)


def test_strength_minus_1_is_the_reply_that_does_not_know_the_user(builtin: LlamaChatModel) -> None:
    for question in QUESTIONS:
        known, unknown = prompts(builtin, question, "Use emoji.")
        steered_reply, plain = said(builtin, known, without=unknown, strength=-1.0), said(builtin, unknown)
        if steered_reply != plain:  # how a prompt was read in pieces moves a score by some hundredths of a nat
            scores = [builtin.log_probability(unknown, reply).total for reply in (steered_reply, plain)]
            assert abs(scores[0] - scores[1]) < 0.1, question


def test_a_larger_strength_obeys_a_personal_rule_more(builtin: LlamaChatModel) -> None:
    def words(rule: str, strength: float) -> int:
        asked = [prompts(builtin, question, rule) for question in QUESTIONS]
        return sum(len(said(builtin, known, without=unknown, strength=strength).split()) for known, unknown in asked)

    assert words("Keep answers short.", -0.75) > words("Keep answers short.", 0.0)
    # Nothing is shorter than the shortest that it knows, nor longer than the longest, which it may reach without help.
    detail = "Give more detail."
    assert words(detail, -0.75) < words(detail, 0.0) <= words(detail, 2.0)


def test_sampling_and_stop_strings_work_under_steering(builtin: LlamaChatModel) -> None:
    known, unknown = prompts(builtin, "Tell me about yourself", "Give more detail.")
    options: dict[str, Any] = {"without": unknown, "strength": 1.0, "temperature": 1.0}
    first, again, other = (said(builtin, known, seed=seed, **options) for seed in (7, 7, 8))
    assert first == again != other
    assert "." not in said(builtin, known, without=unknown, strength=1.0, stop=["."])


def test_a_steered_reply_tells_its_cost_and_reads_neither_prompt_twice(builtin: LlamaChatModel) -> None:
    known, unknown = prompts(builtin, "Who are you?", "Keep answers short.")
    plain = builtin.invoke(known, max_tokens=40).response_metadata
    assert plain["steering_ms"] == 0
    steered_reply = builtin.invoke(known, without=unknown, strength=1.0, max_tokens=40).response_metadata
    assert 0 < steered_reply["steering_ms"] < steered_reply["total_ms"]
    other = builtin._contexts["steering"]
    kept = other.keep_common(builtin._render(unknown)[0])
    assert kept == len(builtin._render(unknown)[0]) - 1
    builtin.forget_prompts()
    assert other.tokens == []


def test_the_benchmark_tells_what_each_strength_does(builtin: LlamaChatModel) -> None:
    world = read_world(steering.HERE / "users.yaml", steering.HERE / "questions.yaml")
    emoji = [user for user in world.users if user.id == "emoji"]
    asked = [question for question in world.questions if question.heldout][:1]
    rows = {row["strength"]: row for row in steering.measure(builtin, emoji, asked)}
    assert (rows[-1.0]["suits"], rows[0.0]["suits"], rows[0.0]["steering_ms"]) == (0, 1, 0)
    assert rows[1.0]["steering_ms"] > 0 and "emoji" in steering.table(list(rows.values()))


def test_stop_stops_a_steered_reply_and_the_next_one_is_whole(builtin: LlamaChatModel) -> None:
    known, unknown = prompts(builtin, "Tell me about yourself", "Give more detail.")
    whole = said(builtin, known, without=unknown, strength=1.0)
    cancel, text, finish = threading.Event(), "", ""
    for chunk in builtin.stream(known, without=unknown, strength=1.0, cancel=cancel):
        text += str(chunk.content)
        finish = chunk.response_metadata.get("finish_reason", finish)
        cancel.set()
    assert finish == "cancelled" and len(text) < len(whole)
    assert said(builtin, known, without=unknown, strength=1.0) == whole


# --- a turn -----------------------------------------------------------------------------------------------------------


class Steerable(ScriptedChatModel):
    """Says so, takes ten milliseconds for it, and remembers what it was given to steer with."""

    can_steer: bool = True
    _given: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def given(self) -> list[dict[str, Any]]:
        return self._given

    def _stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        self._given.append({key: options.get(key) for key in ("without", "strength")})
        for chunk in super()._stream(*args, **options):
            if chunk.message.response_metadata and options.get("without"):
                chunk.message.response_metadata["steering_ms"] = 10.0
            yield chunk


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    with open_assistant(settings, chat_model=Steerable(), memory=memory) as opened:
        yield opened


def test_it_is_off_by_default_and_costs_nothing(assistant: Assistant) -> None:
    assistant.add_rule("Use emoji.")
    reply: Any = list(assistant.respond("Hello"))[-1]
    assert assistant.chat_model.given == [{"without": None, "strength": None}]
    assert reply.timings_ms.steering == 0 and assistant.steering_of(reply.message_id) == ""


def test_the_other_prompt_is_the_same_conversation_without_the_user(
    assistant: Assistant, memory: MemoryManager
) -> None:
    PageHandlers(assistant).choose_steering(1)
    assistant.add_rule("Use emoji.")
    memory.add(content="The user's dog is called Zorvik.", attribute="pet:dog", value="Zorvik")
    conversation = memory.start_conversation().id
    for text in ("What is my dog called?", "And how is my dog today?"):
        reply: Any = list(assistant.respond(text, conversation))[-1]
    with_it = assistant.chat_model.heard[-1]
    without, strength = assistant.chat_model.given[-1]["without"], assistant.chat_model.given[-1]["strength"]
    assert strength == 1
    assert [m.type for m in without] == [m.type for m in with_it]
    assert "Zorvik" in str(with_it) and "Use emoji." in str(with_it)
    assert "Zorvik" not in str(without) and "Use emoji." not in str(without)
    assert "What is my dog called?" in str(without) and "You are Nova." in str(without)
    assert reply.timings_ms.steering == 10
    assert "counted 2 times, which took 10 of" in assistant.steering_of(reply.message_id)
    assert "counted 2 times" in PageHandlers(assistant)._used_by(reply.message_id)
    assert all(used.type != "steering" for used in assistant.used_for(reply.message_id))


def test_where_nothing_personal_is_in_the_prompt_nothing_is_steered(assistant: Assistant) -> None:
    assistant.choose_steering(2)
    list(assistant.respond("Hello"))
    list(assistant.respond("Hello", personal=False))
    assert [given["without"] for given in assistant.chat_model.given] == [None, None]


def test_an_answer_that_does_not_know_the_user_does_not_read_what_earlier_turns_were_given(
    assistant: Assistant, memory: MemoryManager
) -> None:
    memory.add(content="The user's dog is called Zorvik.", attribute="pet:dog", value="Zorvik")
    conversation = memory.start_conversation().id
    for text in ("What is my dog called?", "And how is my dog today?"):
        reply: Any = list(assistant.respond(text, conversation))[-1]
    assert "Zorvik" in str(assistant.chat_model.heard[-1])
    assistant.without_knowing_me(reply.message_id)
    assert "Zorvik" not in str(assistant.chat_model.heard[-1])


def test_the_slider_is_kept_and_says_what_it_costs(assistant: Assistant) -> None:
    handlers = PageHandlers(assistant)
    assert "2.5 times" in handlers.choose_steering(1.5)
    assert load_settings(home=assistant.settings.home).steering == 1.5
    assert "no longer" in handlers.choose_steering(0)
    assert load_settings(home=assistant.settings.home).steering == 0
