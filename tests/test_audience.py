"""How someone new is answered, and how what is learnt takes its place."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from assistant import Settings, open_assistant
from assistant.audience import AXES, Axis, starter_rules
from assistant.settings import load_settings
from memory import Edit, MemoryManager
from tests.fakes import ScriptedChatModel
from ui.handlers import PageHandlers


def chosen(settings: Settings) -> Settings:
    return settings.model_copy(update={"expertise": "beginner", "detail": "long", "manner": "formal"})


def test_nothing_is_asked_for_until_something_is_chosen(settings: Settings) -> None:
    assert starter_rules(settings, ()) == {}


def test_each_axis_gives_its_own_rule(settings: Settings) -> None:
    assert list(starter_rules(chosen(settings), ()).values()) == [
        "Answer in plain words.",
        "Give more detail.",
        "Use a formal tone.",
    ]


@pytest.mark.parametrize(
    ("learnt", "axis"),
    [
        ("Keep answers short.", "detail"),
        ("Answer in one sentence.", "detail"),
        ("Use a warm, friendly tone.", "manner"),
        ("Answer in plain words.", "expertise"),
    ],
)
def test_what_was_learnt_takes_the_place_of_its_own_axis_alone(settings: Settings, learnt: str, axis: Axis) -> None:
    assert set(starter_rules(chosen(settings), (learnt,))) == set(AXES) - {axis}


def test_a_choice_holds_in_the_next_answer_and_after_a_restart_and_gives_way_to_a_rule(
    settings: Settings, memory: MemoryManager
) -> None:
    model = ScriptedChatModel()
    with open_assistant(settings, chat_model=model, memory=memory) as assistant:
        assistant.choose_starter("detail", "long")
        list(assistant.respond("Why is the sky blue?"))
        assert "- Give more detail." in str(model.heard[-1][0].content)
        answer = memory.thread(memory.conversations()[0].id)[-1]
        assert any("Give more detail." in text for text in assistant.rules_of(answer.id)[0])
        assistant.add_rule("Keep answers short.")
        list(assistant.respond("Why is the sky blue?"))
        heard = str(model.heard[-1][0].content)
        assert "- Keep answers short." in heard and "Give more detail." not in heard
        list(assistant.respond("Why is the sky blue?", personal=False))
        assert "Rules:" not in str(model.heard[-1][0].content)
    assert load_settings(home=settings.home).detail == "long"


def test_a_rule_is_judged_against_the_starter_that_it_would_replace(settings: Settings, memory: MemoryManager) -> None:
    from assistant.refinement import apply_edit
    from assistant.refiner import _Run
    from tests.test_refiner import LONG, KnownLikelihoods, make, rate

    settings.detail = "short"
    model = KnownLikelihoods()
    loop = make(memory, settings, model)
    rate(memory, LONG, 1)
    (given,) = memory.feedback()
    run = _Run(loop, None, None)
    longer = apply_edit((), Edit(kind="add", text="Give more detail."))
    same = apply_edit((), Edit(kind="add", text="Keep answers short."))
    assert run.reward_of(longer, given) > 0.5
    assert run.reward_of(same, given) == 0


def test_someone_new_picks_on_the_first_page_and_sees_what_was_picked(
    settings: Settings, memory: MemoryManager
) -> None:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as assistant:
        handlers = PageHandlers(assistant)

        def press(act: str, what: str) -> tuple[Any, ...]:
            return handlers.starter_pressed("nova", gr.EventData(None, {"act": act, "id": what}))  # type: ignore[no-any-return]

        assert 'aria-pressed="true"' not in handlers.view("").starters["value"]
        _, shown = press("starter", "detail:short")
        assert settings.detail == "short" and shown.count('aria-pressed="true"') == 1
        press("starter", "detail:short")
        assert settings.detail == ""
        press("starter", "model:other")
        assert settings.model == ""
        assert press("fill", "Hello")[0] == "Hello"
        press("starter", "manner:formal")
        list(assistant.respond("Hello"))
        model: Any = assistant.chat_model
        assert "- Use a formal tone." in str(model.heard[-1][0].content)
        assert "to begin with?" not in handlers.view("").starters["value"]
