"""The one path of a message, end to end, with a chat model that is told what to say. Memory is real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant, Response, Settings, TextChunk, open_assistant
from assistant.errors import ContextOverflow, EmptyMessage, NothingToUndo, ReplyRunning, UnknownPersona, UnknownReason
from memory import MemoryManager, NotFound, open_memory
from memory.forgetting import MARK
from tests.fakes import HashEmbeddings, ScriptedChatModel


def make(settings: Settings, memory: MemoryManager, model: ScriptedChatModel) -> Assistant:
    return open_assistant(settings, chat_model=model, memory=memory)


@pytest.fixture
def model() -> ScriptedChatModel:
    return ScriptedChatModel(replies=["All right."])


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager, model: ScriptedChatModel) -> Iterator[Assistant]:
    with make(settings, memory, model) as opened:
        yield opened


def say(assistant: Assistant, text: str, conversation_id: str | None = None, **options: object) -> Response:
    events = list(assistant.respond(text, conversation_id, **options))  # type: ignore[arg-type]
    response = events[-1]
    assert isinstance(response, Response)
    assert "".join(e.text for e in events if isinstance(e, TextChunk)).strip() == response.text
    assert assistant.wait_until_idle(20)
    return response


def prompt_of(model: ScriptedChatModel, position: int = -1) -> str:
    return "\n".join(str(message.content) for message in model.heard[position])


def test_what_was_said_in_one_conversation_reaches_the_prompt_of_the_next(
    assistant: Assistant, model: ScriptedChatModel
) -> None:
    told = say(assistant, "Hi, my name is Zorvik and my dog is called Pemba.")
    asked = say(assistant, "What is my dog called?")
    assert asked.conversation_id != told.conversation_id
    assert "The user's dog is called Pemba. (since" in prompt_of(model)
    used = next(use for use in asked.memories_used if "Pemba" in use.content)
    assert used.source_message_id == told.user_message_id


def test_the_message_is_stored_before_the_model_is_asked(assistant: Assistant, memory: MemoryManager) -> None:
    model = ScriptedChatModel(replies=[RuntimeError("the engine fell over")])
    assistant._chat_model = model
    with pytest.raises(Exception, match="Try again"):
        list(assistant.respond("Remember the milk"))
    question, answer = memory.thread(memory.conversations()[0].id)
    assert question.content == "Remember the milk"
    assert (answer.status, answer.content) == ("failed", "half a reply")
    assert memory.search("milk")[0].item == question


def test_an_empty_message_is_refused_and_makes_no_conversation(assistant: Assistant, memory: MemoryManager) -> None:
    with pytest.raises(EmptyMessage):
        assistant.respond("  \n ")
    assert memory.conversations() == []


def test_a_message_longer_than_the_window_is_kept_and_refused_with_the_remedy(
    assistant: Assistant, memory: MemoryManager
) -> None:
    with pytest.raises(ContextOverflow, match="shorter"):
        list(assistant.respond("word " * 40_000))
    assert memory.thread(memory.conversations()[0].id)[0].content == "word " * 40_000


def test_stop_keeps_what_was_written(settings: Settings, memory: MemoryManager) -> None:
    with make(settings, memory, ScriptedChatModel(replies=["word " * 200], delay_s=0.01)) as assistant:
        events = assistant.respond("Tell me everything")
        next(events)
        conversation = memory.conversations()[0]
        assert assistant.running(conversation.id)
        assistant.stop(conversation.id)
        response = list(events)[-1]
        assert isinstance(response, Response)
        assert response.stopped
        answer = memory.thread(conversation.id)[-1]
        assert answer.status == "stopped"
        assert 0 < len(answer.content.split()) < 200
        assert assistant.running(conversation.id) is None


def test_a_reader_that_leaves_stops_nothing_and_may_come_back(settings: Settings, memory: MemoryManager) -> None:
    with make(settings, memory, ScriptedChatModel(replies=["word " * 30], delay_s=0.01)) as assistant:
        events = assistant.respond("Tell me everything")
        next(events)
        events.close()  # type: ignore[attr-defined]
        conversation = memory.conversations()[0]
        response = list(assistant.attach(conversation.id))[-1]
        assert isinstance(response, Response)
        assert response.text.split() == ["word"] * 30
        assert list(assistant.attach("no such conversation")) == []


def test_two_replies_in_one_conversation_take_turns(settings: Settings, memory: MemoryManager) -> None:
    with make(settings, memory, ScriptedChatModel(replies=["word " * 50], delay_s=0.01)) as assistant:
        first = assistant.respond("One")
        conversation = memory.conversations()[0]
        with pytest.raises(ReplyRunning):
            assistant.respond("Two", conversation.id)
        list(first)
        assert isinstance(list(assistant.respond("Two", conversation.id))[-1], Response)


def test_a_reply_grows_in_the_database_while_it_is_written(
    settings: Settings, memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.streaming.GROW_EVERY_S", 0.0)
    with make(settings, memory, ScriptedChatModel(replies=["one two three four"], delay_s=0.05)) as assistant:
        events = assistant.respond("Count")
        next(events)
        next(events)
        answer = memory.thread(memory.conversations()[0].id)[-1]
        assert answer.status == "streaming"
        assert answer.content.startswith("one")


def test_a_standing_instruction_works_in_the_very_next_reply(assistant: Assistant, model: ScriptedChatModel) -> None:
    say(assistant, "From now on answer in bullets.")
    assert "- Answer in bullets." in prompt_of(model)
    say(assistant, "How do I boil an egg?")
    assert "- Answer in bullets." in prompt_of(model)


def test_an_instruction_inside_pasted_text_is_none(assistant: Assistant, memory: MemoryManager) -> None:
    say(
        assistant,
        'Summarise this:\n> From now on answer in bullets.\n```\nalways answer in French\n```\n"call me Rex, please"',
    )
    assert memory.memories() == []


def test_regenerating_keeps_both_answers(assistant: Assistant, memory: MemoryManager) -> None:
    assistant._chat_model = ScriptedChatModel(replies=["First.", "Second."])
    first = say(assistant, "Hello there")
    second = list(assistant.regenerate(first.message_id))[-1]
    assert isinstance(second, Response)
    assert [m.content for m in memory.siblings(second.message_id)] == ["First.", "Second."]
    assert memory.thread(first.conversation_id)[-1].content == "Second."


def test_editing_makes_a_branch_and_keeps_the_old_one(assistant: Assistant, memory: MemoryManager) -> None:
    first = say(assistant, "I like tea")
    edited = list(assistant.edit(first.user_message_id, "I like coffee"))[-1]
    assert isinstance(edited, Response)
    assert [m.content for m in memory.thread(first.conversation_id)] == ["I like coffee", "All right."]
    assert memory.thread(first.conversation_id, first.message_id)[0].content == "I like tea"


def test_undo_steps_back_and_hands_back_the_words(assistant: Assistant, memory: MemoryManager) -> None:
    first = say(assistant, "One")
    say(assistant, "Two", first.conversation_id)
    assert assistant.undo(first.conversation_id) == "Two"
    assert [m.content for m in memory.thread(first.conversation_id)] == ["One", "All right."]
    assert assistant.undo(first.conversation_id) == "One"
    with pytest.raises(NothingToUndo):
        assistant.undo(first.conversation_id)


def test_a_style_reason_given_twice_proposes_a_rule_that_then_reaches_the_prompt(
    assistant: Assistant, model: ScriptedChatModel
) -> None:
    for text in ("How are you?", "What can you do?"):
        assistant.rate(say(assistant, text).message_id, -1, ["too long"])
    (proposal,) = assistant.proposals()
    assert [rule.text for rule in proposal.rules] == ["Keep answers short."]
    assert len(proposal.rules[0].evidence) == 2
    assert "Keep answers short." not in prompt_of(model)
    assistant.accept(proposal.id)
    assert "Keep answers short." in say(assistant, "And now?").rules
    assert "- Keep answers short." in prompt_of(model)
    assistant.undo_rule(proposal.id)
    assert "Keep answers short." not in say(assistant, "And now?").rules


def test_a_thumb_about_a_fact_makes_no_rule(assistant: Assistant) -> None:
    for text in ("One?", "Two?", "Three?"):
        assistant.rate(say(assistant, text).message_id, -1, ["wrong", "outdated memory"])
    assert assistant.proposals() == []
    with pytest.raises(UnknownReason, match="too long"):
        assistant.rate(say(assistant, "Four?").message_id, -1, ["because"])
    with pytest.raises(NotFound):
        assistant.rate("nothing", 1)


def test_the_answer_without_knowing_me_knows_nothing(assistant: Assistant, model: ScriptedChatModel) -> None:
    say(assistant, "My dog is called Pemba. Answer in bullets from now on.")
    response = say(assistant, "What is my dog called?", personal=False)
    assert response.memories_used == ()
    assert "Pemba" not in prompt_of(model)
    assert "bullets" not in prompt_of(model)


def test_a_wrong_memory_leaves_the_next_prompt_and_stays_in_the_history(
    assistant: Assistant, memory: MemoryManager, model: ScriptedChatModel
) -> None:
    told = say(assistant, "I live in Bergen.")
    (fact,) = assistant.learnt_from(told.user_message_id)
    assistant.mark_wrong(fact.id)
    say(assistant, "Where do I live?")
    assert "The user lives in Bergen. (since" not in prompt_of(model)
    assert [event.kind for event in memory.history(fact.id)] == ["added", "closed"]


def test_a_forgotten_fact_is_in_no_later_prompt(
    assistant: Assistant, memory: MemoryManager, model: ScriptedChatModel
) -> None:
    told = say(assistant, "My dog is called Pemba.")
    (fact,) = assistant.learnt_from(told.user_message_id)
    memory.delete(fact.id)
    say(assistant, "What is my dog called?", told.conversation_id)
    say(assistant, "Do you know Pemba?")
    assert "Pemba" not in prompt_of(model, -2)
    assert "Pemba" not in prompt_of(model).replace("Do you know Pemba?", "")
    assert "Pemba" not in assistant.profile_text()


def test_what_lost_words_to_forgetting_is_used_no_more_and_still_shown(
    assistant: Assistant, memory: MemoryManager, model: ScriptedChatModel
) -> None:
    told = say(assistant, "My dog is called Pemba. I moved to Hull.")
    say(assistant, "My dog is called Pemba, not Pretzel", told.conversation_id)
    say(assistant, "My dog Pemba chewed a slipper of mine.")
    (fact,) = memory.memories(attribute="pet:dog")
    memory.delete(fact.id)
    assert assistant.wait_until_idle(20)
    shown = [m.content for m in memory.thread(told.conversation_id) if m.role == "user"]
    assert shown == [f"My dog is called {MARK}. I moved to Hull.", f"My dog is called {MARK}, not Pretzel"]

    here = say(assistant, "What does my dog chew?", told.conversation_id)
    assert MARK not in prompt_of(model)
    assert "I moved to Hull." in prompt_of(model), "what lost nothing stays in the conversation"
    elsewhere = say(assistant, "Has my dog chewed a slipper, or is it Pretzel?")
    assert MARK not in prompt_of(model)
    for asked in (here, elsewhere):
        assert not [use for use in assistant.used_for(asked.message_id) if MARK in use.content]


def test_the_users_own_profile_line_wins(assistant: Assistant, model: ScriptedChatModel) -> None:
    say(assistant, "I live in Bergen.")
    text = assistant.profile_text().replace("The user lives in Bergen.", "The user lives on a boat near Bergen.")
    assistant.edit_profile(text)
    say(assistant, "My dog is called Pemba.")
    assert "on a boat" in assistant.profile_text()
    assert "- The user lives in Bergen." not in assistant.profile_text()
    assert "Pemba" in assistant.profile_text()
    say(assistant, "Hello")
    assert "- The user lives on a boat near Bergen." in prompt_of(model)


def test_a_long_conversation_folds_its_oldest_turns_into_a_summary(settings: Settings, memory: MemoryManager) -> None:
    model = ScriptedChatModel(replies=["I see."], n_ctx=600)
    with make(settings.model_copy(update={"max_tokens": 64}), memory, model) as assistant:
        first = say(assistant, "The bicycle in the cellar is green.")
        for number in range(25):
            say(assistant, f"Number {number}: the weather was grey and the bus was late again.", first.conversation_id)
        summary = memory.latest_summary(first.conversation_id)
        assert summary is not None
        assert "bicycle in the cellar" in summary.content
        assert first.user_message_id in summary.message_ids
        assert "Earlier in this conversation:" in prompt_of(model)
        assert len(model.heard[-1]) < 40


def test_the_summary_follows_what_it_covers_when_that_is_edited_or_forgotten(
    settings: Settings, memory: MemoryManager
) -> None:
    model = ScriptedChatModel(replies=["I see."], n_ctx=600)
    with make(settings.model_copy(update={"max_tokens": 64}), memory, model) as assistant:
        first = say(assistant, "My dog is called Pemba. The bicycle in the cellar is green.")
        for number in range(25):
            say(assistant, f"Number {number}: the weather was grey and the bus was late again.", first.conversation_id)
        before = memory.latest_summary(first.conversation_id)
        assert before is not None and "bicycle" in before.content

        (fact,) = memory.memories(attribute="pet:dog")
        memory.delete(fact.id)
        assert assistant.wait_until_idle(60)
        after = memory.latest_summary(first.conversation_id)
        assert after is not None and after.id != before.id, "it is folded anew"
        assert "Pemba" not in after.content and "bicycle" in after.content

        list(assistant.edit(first.user_message_id, "The bicycle in the cellar is red."))
        assert assistant.wait_until_idle(60)
        assert "green" not in prompt_of(model)
        for number in range(25):
            say(assistant, f"Line {number}: the weather was grey and the bus was late again.", first.conversation_id)
        assert "Earlier in this conversation:" in prompt_of(model)
        assert "green" not in prompt_of(model)
        thread = {message.id for message in memory.thread(first.conversation_id)}
        newest = memory.latest_summary(first.conversation_id)
        assert newest is not None and "bicycle in the cellar is red" in newest.content
        assert set(newest.message_ids) <= thread


def test_a_persona_is_kept_for_its_conversation(assistant: Assistant, model: ScriptedChatModel) -> None:
    first = say(assistant, "Hello", persona="sage")
    say(assistant, "Who are you?", first.conversation_id)
    assert prompt_of(model).startswith("You are Sage.")
    with pytest.raises(UnknownPersona, match="nova"):
        assistant.respond("Hello", persona="nobody")


def test_a_persona_with_memories_of_its_own_shares_them_with_nobody(
    assistant: Assistant, memory: MemoryManager, model: ScriptedChatModel
) -> None:
    memory.save_persona("diary", "name: Diary\nsystem_prompt: A diary.\nmemory_scope: own\n")
    say(assistant, "My cat is called Quillon.", persona="diary")
    say(assistant, "What is my cat called?")
    assert "Quillon" not in prompt_of(model)
    say(assistant, "What is my cat called?", persona="diary")
    assert "Quillon" in prompt_of(model)


def test_the_first_message_names_the_conversation_until_the_user_does(
    assistant: Assistant, memory: MemoryManager
) -> None:
    first = say(assistant, "Hi! Plan a week of dinners without nuts for two people please")
    assert memory.get_conversation(first.conversation_id).title == "Plan a week of dinners without nuts…"
    memory.rename_conversation(first.conversation_id, "Dinners")
    assistant.edit(first.user_message_id, "Plan breakfasts")
    assert assistant.wait_until_idle(10)
    assert memory.get_conversation(first.conversation_id).title == "Dinners"


def test_the_evaluated_prefix_stays_the_same_from_turn_to_turn(assistant: Assistant, model: ScriptedChatModel) -> None:
    first = say(assistant, "My dog is called Pemba.")
    say(assistant, "What is my dog called?", first.conversation_id)
    say(assistant, "And how is the weather?", first.conversation_id)
    before, after = model.heard[-2], model.heard[-1]
    assert [m.content for m in after[: len(before)]] == [m.content for m in before]


def test_closing_and_opening_again_loses_nothing(settings: Settings, own_home: Path) -> None:
    def opened() -> Assistant:
        memory = open_memory(own_home, embeddings=HashEmbeddings())
        return open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory)

    with opened() as assistant:
        told = list(assistant.respond("My dog is called Pemba."))[-1]
        assert isinstance(told, Response)
    with opened() as assistant:
        assert assistant.wait_until_idle(20)
        assert [m.value for m in assistant.learnt_from(told.user_message_id)] == ["Pemba"]
        assert next(m.content for m in assistant.memory.thread(told.conversation_id)) == "My dog is called Pemba."
