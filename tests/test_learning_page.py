"""The learning page: what it shows, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import pytest

from assistant import Assistant, Settings, open_assistant
from assistant.catalogue import CATALOGUE
from assistant.errors import NothingToUndo, RefiningCancelled
from assistant.refinement import diff_rules
from assistant.settings import load_settings
from memory import MemoryManager, MessageUse, NotFound, PromptVersion, Rule, VersionEvidence
from tests.fakes import ScriptedChatModel
from tests.test_refiner import LONG, SHORT, KnownLikelihoods, rate
from ui import rules
from ui.handlers import PageHandlers
from ui.learning_handlers import CHOICES


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    settings.trials = False
    with open_assistant(settings, chat_model=KnownLikelihoods(), memory=memory) as opened:
        yield opened


@pytest.fixture
def handlers(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> PageHandlers:
    monkeypatch.setattr(gr, "Info", lambda *_a, **_k: None)
    return PageHandlers(assistant)


@pytest.fixture(autouse=True)
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the page would show as a notice."""
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda message, **_: said.append(message))
    return said


def press(handlers: PageHandlers, act: str, identifier: str = "") -> Any:
    return handlers.learning_pressed(gr.EventData(None, {"act": act, "id": identifier}))


def test_what_thumbs_taught_is_shown_with_its_score_and_the_answers_that_taught_it(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    assert "No rules yet" in handlers.learning()
    for n in range(24):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        if assistant.refine().version is not None:
            break
    page = handlers.learning()
    assert "Keep answers short." in page
    assert "0.50 is the version before" in page
    assert f"liked: “{SHORT}”" in page
    version = memory.current_prompt()
    assert version is not None
    press(handlers, "undo-rule", version.id)
    assert assistant.current_rules() == ()


def test_a_rule_is_switched_locked_reworded_deleted_and_brought_back(
    assistant: Assistant, handlers: PageHandlers
) -> None:
    handlers.add_rule("Use emoji.")
    first = assistant.memory.current_prompt()
    assert first is not None

    def rule() -> Rule:
        return assistant.current_rules()[0]

    press(handlers, "off", rule().id)
    assert not rule().enabled
    press(handlers, "on", rule().id)
    press(handlers, "lock", rule().id)
    assert (rule().enabled, rule().locked) == (True, True)
    press(handlers, "unlock", rule().id)
    assert not rule().locked
    _, edited, panel, text, _ = press(handlers, "edit-rule", rule().id)
    assert (edited, panel["visible"], text) == (rule().id, True, "Use emoji.")
    handlers.save_rule(edited, "Use  many emoji. ")
    assert rule().text == "Use many emoji."
    press(handlers, "delete-rule", rule().id)
    assert assistant.current_rules() == ()
    press(handlers, "back", first.id)
    assert rule().text == "Use emoji."
    with pytest.raises(NotFound):
        assistant.roll_back("nothing")


def propose(assistant: Assistant, reason: str = "You liked short ones.") -> PromptVersion:
    return assistant.memory.add_prompt_version(
        parent_id=None, rules=[Rule(id="r", text="Keep answers short.")], state="proposed", reason=reason
    )


def test_a_rule_that_waits_is_declined_and_one_that_does_not_cannot_be(
    assistant: Assistant, handlers: PageHandlers, warnings: list[str]
) -> None:
    waiting = propose(assistant)
    assert 'data-act="reject"' in handlers.learning()
    page = press(handlers, "reject", waiting.id)[0]
    assert 'data-act="reject"' not in page and "not now" in page
    assert press(handlers, "reject", waiting.id) == gr.skip()
    assert "nothing to decline" in warnings[0]
    handlers.add_rule("Use emoji.")
    in_force = assistant.memory.current_prompt()
    assert in_force is not None
    press(handlers, "reject", in_force.id)
    assert "attune rules undo" in warnings[1] and assistant.current_rules() == in_force.rules
    press(handlers, "reject", "nothing")
    assert "There is no rule version" in warnings[2]


def test_whether_and_how_thumbs_teach_is_chosen_on_the_page_holds_at_once_and_is_kept(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager, warnings: list[str]
) -> None:
    rate(memory, LONG, -1)
    handlers.choose_refine("off")
    assistant.rate(rate(memory, SHORT, 1), 1)
    assert assistant.wait_until_idle(30) and memory.refinements.rewards() == {}
    handlers.choose_refine("ask")
    assert assistant.wait_until_idle(30) and memory.refinements.rewards(), "what was rated meanwhile is looked at"
    handlers.choose_trials(True)
    for wrong in (None, 999, -5):
        assert handlers.choose_refine_tokens(wrong) == gr.skip()
    assert len(warnings) == 3 and all("at least 1,000 tokens" in said for said in warnings)
    assert assistant.settings.refine_tokens == 200_000
    handlers.choose_refine_tokens(1000)
    kept = load_settings(home=assistant.settings.home)
    assert (kept.refine, kept.trials, kept.refine_tokens) == ("ask", True, 1000)
    shown = dict(zip(CHOICES, handlers.chosen(), strict=True))
    assert (shown["refine"], shown["trials"], shown["refine_tokens"]) == ("ask", True, 1000)


def test_learning_stops_when_it_is_switched_off(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    for n in range(4):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    with pytest.raises(RefiningCancelled):
        assistant.refine(progress=lambda _progress: handlers.choose_refine("off"))


def test_learning_in_the_background_is_drawn_where_it_changes_and_what_it_learnt_is_announced(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    nothing = (gr.skip(),) * 4
    line, seen, timer = handlers.begin_watch()
    assert (line, timer.active) == ("", True)
    assert handlers.watch(seen) == nothing
    assert handlers.watch(None)[2] == seen, "a page goes on where Attune was started anew"
    assert handlers.watch(seen, away=True)[3].active is False
    drawn: list[tuple[Any, ...]] = []

    def look(_progress: Any) -> None:
        nonlocal seen
        drawn.append(handlers.watch(seen))
        seen = drawn[-1][2] if drawn[-1] != nothing else seen

    rate(memory, LONG, -1)
    assistant.refine(progress=look)
    assert f'<progress value="0" max="{len(CATALOGUE)}"' in drawn[0][0]
    assert all(page == gr.skip() for _, page, _, _ in drawn), "the rules have not changed"
    line, page, seen, _ = handlers.watch(seen)
    assert (line, "No rules yet" in page) == ("Nothing new is sure yet.", True)
    assert handlers.watch(seen) == nothing
    for n in range(24):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        if assistant.refine().version is not None:
            break
    line, page, seen, _ = handlers.watch(seen)
    assert "Learnt:" in line and "Keep answers short." in line and "switch off" in page.lower()
    handlers.add_rule("Use emoji.")
    line, page, seen, _ = handlers.watch(seen)
    assert "Use emoji." not in line and "Use emoji." in page, "what the user did is no news, and shown all the same"
    assert handlers.watch(seen) == nothing


def test_a_rule_of_ones_own_takes_the_place_of_its_opposite(assistant: Assistant) -> None:
    assistant.add_rule("Keep answers short.")
    assistant.add_rule("Give more detail.")
    assert [r.text for r in assistant.current_rules()] == ["Give more detail."]


def test_versions_are_shown_as_what_they_changed() -> None:
    short, emoji = Rule(id="a", text="Keep answers short."), Rule(id="b", text="Use emoji.")
    assert diff_rules([], [short]) == [("new", "Keep answers short.")]
    assert diff_rules([short], [emoji]) == [("gone", "Keep answers short."), ("new", "Use emoji.")]
    off = Rule(id="a", text="Keep answers short.", enabled=False)
    assert diff_rules([short], [off]) == [("gone", "Keep answers short.")]


def test_why_an_answer_is_as_it_is(assistant: Assistant, handlers: PageHandlers, memory: MemoryManager) -> None:
    answer = rate(memory, LONG, -1)
    assert "No learnt rule" in handlers._used_by(answer)
    memory.record_uses(
        answer,
        [
            MessageUse(item_type="rule", item_id="r", text="Use emoji."),
            MessageUse(item_type="trial", item_id="c", text="Answer in <b>bullets</b>."),
        ],
    )
    shown = handlers._used_by(answer)
    assert "Use emoji." in shown
    assert "Answer in &lt;b&gt;bullets&lt;/b&gt;." in shown
    assert "only tried here" in shown


def test_learning_now_tells_what_it_does_and_what_came_of_it(handlers: PageHandlers, memory: MemoryManager) -> None:
    (*_, (words, *_)) = handlers.learn_now()
    assert "no ratings" in words
    rate(memory, LONG, -1)
    (*_, (words, page, _)) = handlers.learn_now()
    assert "Nothing new is sure yet." in words
    assert "No rules yet" in page


def test_progress_is_a_bar_with_what_it_is_doing() -> None:
    assert '<progress value="3" max="12"' in rules.progress("Scoring <b>", 3, 12)
    assert "Scoring &lt;b&gt; (3 of 12)" in rules.progress("Scoring <b>", 3, 12)
    assert 'max="1"' in rules.progress("Asking", 0, 0)


def test_with_a_model_on_a_server_the_page_says_what_can_be_learnt(
    assistant: Assistant, handlers: PageHandlers
) -> None:
    assert rules.SIGNS_ALONE not in handlers.learning()
    assistant.settings.model = "openai:some-model"
    assert rules.SIGNS_ALONE in handlers.learning()


def test_words_from_outside_are_escaped() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    rule = Rule(id='"><b>', text=nasty, topic=nasty)
    evidence: dict[str, VersionEvidence] = {}
    page = rules.learning_page([rule], None, [], [], {}, evidence) + rules.why([nasty], [nasty], nasty)
    assert "<img" not in page and "<b>" not in page


def test_asking_the_same_of_a_model_that_cannot_score_breaks_nothing(settings: Settings, memory: MemoryManager) -> None:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as opened:
        rate(memory, LONG, -1)
        assert opened.refine().version is None
        assert "No rules yet" in PageHandlers(opened).learning()


def test_after_an_answer_was_written_again_the_page_asks_which_was_better(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    conversation = memory.start_conversation().id
    question = memory.add_message(conversation, role="user", content="What is a fjord?")
    first = memory.add_message(conversation, role="assistant", content=LONG)
    assert "Which answer was better?" not in handlers._cards(memory.thread(conversation))
    again = memory.add_message(conversation, role="assistant", content=SHORT, parent_id=question.id)
    assert "Which answer was better?" in handlers._cards(memory.thread(conversation))
    pressed = gr.EventData(None, {"act": "better", "id": f"{first.id}:{again.id}"})
    handlers.card(pressed)
    assert "Which answer was better?" not in handlers.cards_of(conversation)
    (pair,) = memory.refinements.pairs()
    assert (pair.better_id, pair.worse_id) == (first.id, again.id)


# --- the chart, stopping, and answers without the user ----------------------------------------------------------------


def test_the_chart_tells_how_often_answers_were_liked_before_and_after_the_rules_changed(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    for _ in range(rules.WINDOW - 1):
        rate(memory, LONG, -1)
    assert "a-chart" not in handlers.learning()
    rate(memory, LONG, -1)
    assistant.add_rule("Keep answers short.")
    for _ in range(rules.WINDOW):
        rate(memory, SHORT, 1)
    page = handlers.learning()
    assert f"0% of the first {rules.WINDOW} rated answers, 100% of the last {rules.WINDOW}" in page
    assert page.count("a-mark-line") == 1


def test_answers_that_tried_a_rule_or_were_wrong_in_fact_are_left_out_of_the_chart(
    handlers: PageHandlers, memory: MemoryManager
) -> None:
    rate(memory, LONG, 1)
    rate(memory, LONG, -1, "wrong")
    tried = rate(memory, LONG, -1)
    memory.record_uses(tried, [MessageUse(item_type="trial", item_id="c", text="Use emoji.")])
    assert [liked for liked, _ in handlers._liked()] == [True]


def test_a_run_can_be_stopped_from_the_page_and_keeps_what_was_scored(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    for n in range(6):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    seen: list[int] = []

    def stop_soon(progress: Any) -> None:
        seen.append(progress.done)
        if progress.done == 20:
            handlers.stop_learning()

    with pytest.raises(RefiningCancelled):
        assistant.refine(progress=stop_soon)
    assert 0 < len(memory.refinements.rewards()) < 6 * 13
    handlers.stop_learning()  # nothing runs: nothing happens
    assert assistant.refine().scored > 0


def test_an_answer_is_shown_beside_the_one_that_knows_nothing_of_the_user(
    settings: Settings, memory: MemoryManager, handlers: PageHandlers
) -> None:
    def reply(messages: Any) -> str:
        return "Briefly: yes." if "Keep answers short." in str(messages[0].content) else "That is a long story."

    with open_assistant(settings, chat_model=ScriptedChatModel(replies=[reply]), memory=memory) as assistant:
        handlers.assistant = assistant
        assistant.add_rule("Keep answers short.")
        memory.add(content="The user's name is Wren.", attribute="name", value="Wren")
        list(assistant.respond("Is it far?"))
        assistant.wait_until_idle(20)
        conversation = memory.conversations()[0].id
        answer = memory.thread(conversation)[-1]
        counts = memory.counts()
        asked = handlers.without_me(gr.EventData(None, {"act": "without-me", "id": answer.id}))
        shown, _ = handlers.show_without_me(*asked, conversation)
        assert "Briefly: yes." in shown and "That is a long story." in shown
        model: Any = assistant.chat_model
        assert "Wren" not in str(model.heard[-1]) and memory.counts() == counts
        elsewhere, _ = handlers.show_without_me(*asked, "")
        assert elsewhere == gr.skip(), "it came when another conversation was shown"
        with pytest.raises(NothingToUndo):
            assistant.without_knowing_me(memory.thread(conversation)[0].id)


def test_a_comment_becomes_a_rule_with_one_press_and_cites_its_thumb(
    assistant: Assistant, handlers: PageHandlers, memory: MemoryManager
) -> None:
    answer = memory.get_message(rate(memory, LONG, -1, comment="no waffle, please"))
    conversation = answer.conversation_id
    assert "Shall this hold from now on?" in handlers.cards_of(conversation)
    handlers.card(gr.EventData(None, {"act": "comment-rule", "id": answer.id}))
    assert "Shall this hold from now on?" not in handlers.cards_of(conversation)
    (rule,) = assistant.current_rules()
    assert rule.text == "No waffle, please" and rule.evidence == (memory.feedback(answer.id)[0].id,)
    wrong = memory.get_message(rate(memory, LONG, -1, "wrong", comment="It is Oslo."))
    assert assistant.comment_to_keep(wrong.id) == ""


def test_a_rule_is_given_to_one_persona(assistant: Assistant, handlers: PageHandlers, memory: MemoryManager) -> None:
    handlers.add_rule("Use emoji.")
    (rule,) = assistant.current_rules()
    handlers.save_rule(rule.id, "Use emoji.", "max")
    assert "only with max" in handlers.learning()
    list(assistant.respond("Hello", persona="max"))
    model: Any = assistant.chat_model
    assert "- Use emoji." in str(model.heard[-1][0].content)
    list(assistant.respond("Hello", persona="nova"))
    assert "- Use emoji." not in str(model.heard[-1][0].content)
    answer = memory.thread(memory.conversations()[0].id)[-1]
    assert assistant.rules_of(answer.id)[0] == ()
    assert press(handlers, "edit-rule", assistant.current_rules()[0].id)[-1] == "max"
