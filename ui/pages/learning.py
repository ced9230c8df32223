"""What was learnt about how the user likes answers: rules, their evidence, and the way back."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.audience import AXES
from assistant.settings import MIN_REFINE_TOKENS, Settings
from ui.learning_handlers import LearningHandlers
from ui.pages.parts import Question, speaking_html

STEERING = (
    "0: as it comes. Above 0 each word is weighed against an answer that does not know you, and the difference counts more; "
    "below 0 it counts less. Anything but 0 makes replies take about twice as long."
)
WATCH_EVERY_S = 2.0
"""While the tab is open, so often the page looks whether learning has gone on."""
AWAY = "(drawn, _) => [drawn, !document.querySelector('#learning-progress')?.checkVisibility()]"
"""The timer stops itself once the tab is not seen any more."""
STEERING_REMOTE = "Only for a model on this machine: a server does not tell how likely each word is."


def build_learning(handlers: LearningHandlers, page: gr.Blocks, tab: gr.Tab, question: Question) -> None:
    edited, drawn = gr.State(""), gr.State(None)
    timer = gr.Timer(WATCH_EVERY_S, active=False)
    away = gr.Checkbox(visible="hidden", elem_id="away")
    with gr.Column(elem_classes="a-page"):
        gr.HTML(
            "<h2>Learning</h2><p class='a-lead'>What your thumbs taught, and why. A rule holds once ratings that came "
            "after it was thought of speak for it clearly enough; you can change, lock and take back everything.</p>"
        )
        with gr.Row(elem_id="starters-row"):
            choices = [
                gr.Dropdown(
                    [("no wish", ""), *((rule, choice) for choice, rule in AXES[axis].items())],
                    value=getattr(handlers.assistant.settings, axis),
                    label=f"To begin with: {axis}",
                    elem_id=f"starter-{axis}",
                    filterable=False,
                    min_width=180,
                )
                for axis in AXES
            ]
        guessed = speaking_html(elem_id="guesses")
        guess = gr.Checkbox(
            label="Guess from how I write",
            info="From your first conversations, by plain signs such as “briefly” or “could you please”; never from who you "
            "are. A guess is shown here and holds once you keep it.",
            value=handlers.assistant.settings.guess,
            elem_id="guess",
        )
        here = not handlers.assistant.settings.is_remote
        steering = gr.Slider(
            -1,
            3,
            value=handlers.assistant.settings.steering,
            step=0.25,
            label="How strongly what is known of you counts",
            info=STEERING if here else STEERING_REMOTE,
            interactive=here,
            elem_id="steering",
            buttons=[],
        )
        steering_cost = gr.HTML(apply_default_css=False, elem_id="steering-cost")
        with gr.Accordion("How it learns", open=False, elem_id="how-it-learns"):
            refine = gr.Radio(
                [("by itself", "on"), ("ask me first", "ask"), ("not at all", "off")],
                label="Learn from thumbs",
                info="By itself, a rule holds once your ratings have earned it. Asked first, it waits here for your word. "
                "“Learn now” works whatever is chosen.",
                value=handlers.assistant.settings.refine,
                elem_id="refine",
            )
            trials = gr.Checkbox(
                label="Try another manner on some answers",
                info="After a thumb down, to see what you like better. “Why like this?” beside the answer says so.",
                value=handlers.assistant.settings.trials,
                elem_id="trials",
            )
            compare = gr.Checkbox(
                label="Now and then write two answers side by side",
                info="Where an answer would try something, another that does not is written beside it, and you are asked which is "
                "better before you are told which is which. Such a reply takes about twice as long.",
                value=handlers.assistant.settings.compare,
                elem_id="compare",
            )
            tokens = gr.Number(
                label="The most tokens that one run of learning reads",
                info="What is left then waits for the next run. Fewer keep this machine free, more let it be sure sooner. "
                f"At least {MIN_REFINE_TOKENS:,}; {Settings.model_fields['refine_tokens'].default:,} unless you change it.",
                value=handlers.assistant.settings.refine_tokens,
                precision=0,
                elem_id="refine-tokens",
            )
        with gr.Row():
            now = gr.Button("Learn now", elem_id="learn-now", size="sm", scale=0, min_width=140)
            stop = gr.Button("Stop learning", elem_id="learn-stop", size="sm", scale=0, min_width=140)
            doing = gr.HTML(apply_default_css=False, elem_id="learning-progress")
        with gr.Row(visible=False, elem_id="rule-edit") as editing:
            text = gr.Textbox(label="Reword", elem_id="rule-text", max_length=200)
            persona = gr.Dropdown(
                [("everyone", ""), *((p.name, p.id) for p in handlers.assistant.all_personas())],
                value="",
                label="Who follows it",
                elem_id="rule-persona",
                filterable=False,
                scale=0,
                min_width=140,
            )
            save = gr.Button("Save", variant="primary", scale=0, min_width=80, elem_id="rule-save")
        listed = speaking_html(elem_id="learning")
        with gr.Row():
            fresh = gr.Textbox(
                label="Add a rule", placeholder="Keep answers short.", elem_id="rule-new", max_length=200
            )
            add = gr.Button("Add", variant="primary", scale=0, min_width=80, elem_id="rule-add")
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    # What is chosen lives longer than the page as it was built.
    page.load(handlers.chosen, None, [*choices, guess, steering, refine, trials, compare, tokens], **quiet)
    tab.select(handlers.learning, None, listed, **quiet)
    tab.select(handlers.begin_watch, None, [doing, drawn, timer], **quiet)
    # Outside the queue: a look takes milliseconds, and must neither wait for replies nor let them wait.
    timer.tick(handlers.watch, [drawn, away], [doing, listed, drawn, timer], js=AWAY, queue=False, **quiet)
    listed.click(handlers.learning_pressed, None, [listed, edited, editing, text, persona], **quiet)
    gr.on([save.click, text.submit], handlers.save_rule, [edited, text, persona], [listed, editing], **quiet)
    gr.on([add.click, fresh.submit], handlers.add_rule, fresh, [listed, fresh], **quiet)
    tab.select(handlers.guesses, None, guessed, **quiet)
    guessed.click(handlers.guess_pressed, None, [guessed, guess, *choices], **quiet)
    guess.input(handlers.choose_guess, guess, guessed, **quiet)
    for axis, choice in zip(AXES, choices, strict=True):
        picked = choice.input(handlers.choose_starter, [gr.State(axis), choice], None, **quiet)
        picked.then(handlers.guesses, None, guessed, **quiet)
    steering.input(handlers.choose_steering, steering, steering_cost, trigger_mode="always_last", **quiet)
    refine.input(handlers.choose_refine, refine, None, **quiet)
    trials.input(handlers.choose_trials, trials, None, **quiet)
    gr.on([tokens.submit, tokens.blur], handlers.choose_refine_tokens, tokens, None, **quiet)
    compare.input(handlers.choose_compare, compare, None, **quiet)
    stop.click(handlers.stop_learning, None, None, **quiet)
    now.click(handlers.learn_now, drawn, [doing, listed, drawn], **quiet)
    question.drafts.extend([text, fresh])
    question.views.append((handlers.learning, [], [listed]))
    question.views.append((handlers.guesses, [], [guessed]))
