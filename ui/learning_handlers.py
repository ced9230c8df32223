"""What the Learning tab does: shows and changes rules, keeps choices and guesses, learns now. What it shows is drawn by
`ui.rules`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import gradio as gr

from assistant.audience import AXES, Axis
from assistant.refinement import is_about_facts
from ui import cards, rules
from ui.handling import ERRORS, Handlers, pressed, told

CHOICES = (*AXES, "guess", "steering", "refine", "trials", "compare", "refine_tokens")
"""The settings that are chosen on the tab, in the order of its boxes."""
NOTHING_NEW = "Nothing new is sure yet."


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a page has drawn of learning."""

    known: frozenset[str]
    """The versions that were there when the tab was opened: no news."""
    bar: str
    states: tuple[tuple[str, str], ...]
    """Each version, with its state."""


class LearningHandlers(Handlers):
    """The Learning tab. Learning now runs in a thread of its own, so that the page can tell how far it is."""

    def chosen(self) -> tuple[Any, ...]:
        """What is chosen by now, for a page that is loaded: (each of `CHOICES`)"""
        return tuple(getattr(self.assistant.settings, name) for name in CHOICES)

    @told
    def learning(self) -> str:
        memory = self.assistant.memory
        evidence = {f.id: (f, memory.find_message(f.message_id)) for f in memory.feedback()}
        return rules.learning_page(
            self.assistant.current_rules(),
            memory.current_prompt(),
            self.assistant.proposals(),
            memory.prompt_versions(),
            evidence,
            memory.refinements.evidence(),
            self.assistant.refiner.standings(),
            self._liked(),
            can_score=not self.assistant.settings.is_remote,
        )

    def _liked(self) -> list[tuple[bool, datetime]]:
        """The thumbs about style on answers that no rule was tried in, oldest first."""
        refinements = self.assistant.memory.refinements
        tried = {message_id for message_id, _ in refinements.trials()}
        return [
            (given.rating == 1, given.created_at)
            for given in refinements.rated()
            if given.message_id not in tried and not is_about_facts(given)
        ]

    @told
    def stop_learning(self) -> None:
        """What was scored is kept; the next rating goes on from there."""
        self.assistant.refiner.stop()

    @told
    def learning_pressed(self, event: gr.EventData) -> tuple[Any, ...]:
        """(the page, the edited rule, editing panel, its text, its persona)"""
        act, identifier = pressed(event)
        assistant = self.assistant
        if act == "edit-rule":
            rule = next((rule for rule in assistant.current_rules() if rule.id == identifier), None)
            text, persona = (rule.text, rule.persona) if rule else ("", "")
            return gr.skip(), identifier, gr.update(visible=True), text, persona
        acts: dict[str, Callable[[str], Any]] = {
            "on": lambda rule: assistant.switch_rule(rule, enabled=True),
            "off": lambda rule: assistant.switch_rule(rule, enabled=False),
            "lock": lambda rule: assistant.lock_rule(rule, locked=True),
            "unlock": lambda rule: assistant.lock_rule(rule, locked=False),
            "delete-rule": assistant.delete_rule,
            "back": assistant.roll_back,
            "accept": assistant.accept,
            "reject": assistant.reject,
            "undo-rule": assistant.undo_rule,
        }
        if act in acts:
            acts[act](identifier)
        return self.learning(), gr.skip(), gr.skip(), gr.skip(), gr.skip()

    @told
    def save_rule(self, identifier: str, text: str, persona: str = "") -> tuple[Any, ...]:
        """(the page, the editing panel)"""
        if identifier and text.strip():
            self.assistant.reword_rule(identifier, text, persona)
        return self.learning(), gr.update(visible=False)

    @told
    def add_rule(self, text: str) -> tuple[Any, ...]:
        """(the page, the emptied box)"""
        if not text.strip():
            return gr.skip(), gr.skip()
        self.assistant.add_rule(text)
        return self.learning(), ""

    @told
    def choose_starter(self, axis: Axis, choice: str) -> None:
        self.assistant.choose_starter(axis, choice)
        gr.Info("It holds from the next answer on, until you teach otherwise.")

    @told
    def guesses(self) -> str:
        """What how the user writes suggests, on the axes that they have neither picked nor taught."""
        return rules.guessed(self.assistant.guesses())

    @told
    def guess_pressed(self, event: gr.EventData) -> tuple[Any, ...]:
        """A guess is kept, changed, or not wanted: (the guesses, whether there are to be any, then each axis)"""
        act, what = pressed(event)
        axis, _, choice = what.partition(":")
        if act == "keep-guess" and choice in AXES.get(axis, {}):  # type: ignore[call-overload]
            self.choose_starter(axis, choice)  # type: ignore[arg-type]
        elif act == "no-guess":
            self.assistant.choose_guess(False)
        settings = self.assistant.settings
        return self.guesses(), settings.guess, *(getattr(settings, axis) for axis in AXES)

    @told
    def choose_guess(self, wanted: bool) -> str:
        """(the guesses)"""
        self.assistant.choose_guess(wanted)
        return self.guesses()  # type: ignore[no-any-return]

    @told
    def choose_refine(self, wanted: Literal["on", "ask", "off"]) -> None:
        self.assistant.choose_refine(wanted)

    @told
    def choose_refine_tokens(self, tokens: int | None) -> None:
        if tokens != self.assistant.settings.refine_tokens:
            self.assistant.choose_refine_tokens(tokens)
            gr.Info("It holds from the next run on.")

    @told
    def choose_trials(self, wanted: bool) -> None:
        self.assistant.choose_trials(wanted)

    @told
    def choose_compare(self, wanted: bool) -> None:
        self.assistant.choose_compare(wanted)

    @told
    def choose_steering(self, strength: float) -> str:
        """(what it costs)"""
        self.assistant.choose_steering(float(strength))
        if not strength:
            return "Off: nothing is weighed, and replies take no longer."
        times = f"From the next answer on it counts {1 + strength:g} times."
        return f"{times} “Why like this?” beside an answer tells how long that took."

    # --- a run, as it is made ---------------------------------------------------------------------------------------

    def _seen(self, known: frozenset[str] | None = None) -> Seen:
        """How things stand. Without `known`, nothing there is is news."""
        now = self.assistant.refiner.progress
        states = tuple((version.id, version.state) for version in self.assistant.memory.prompt_versions())
        return Seen(
            known=frozenset(identifier for identifier, _ in states) if known is None else known,
            bar="" if now is None else rules.progress(now.doing, now.done, now.total),
            states=states,
        )

    def _news(self, seen: Seen) -> str:
        """What learning, not the user, has brought since the tab was opened."""
        memory = self.assistant.memory
        learnt = memory.refinements.evidence()
        return rules.news([v for v in memory.prompt_versions() if v.id in learnt and v.id not in seen.known])

    @told
    def begin_watch(self) -> tuple[Any, ...]:
        """The tab was opened: (what learning is doing, what is drawn of it, the timer, which ticks from now on)"""
        seen = self._seen()
        return seen.bar, seen, gr.Timer(active=True)

    @told
    def watch(self, drawn: Seen | None, away: bool = False) -> tuple[Any, ...]:
        """Learning, which mostly goes on in the background, drawn where it has changed: (what it is doing and what came of
        it, the page, what is drawn, the timer)

        Args:
            away: another tab is looked at; the timer ends, until the tab is opened again.
        """
        if away:
            return (*(gr.skip(),) * 3, gr.Timer(active=False))
        if drawn is None:  # Attune was started anew under the page
            return "", self.learning(), self._seen(), gr.skip()
        now = self._seen(drawn.known)
        if now == drawn:
            return (gr.skip(),) * 4
        ended = NOTHING_NEW if drawn.bar else gr.skip()
        page = gr.skip() if now.bar and now.states == drawn.states else self.learning()
        return self._news(now) + now.bar or ended, page, now, gr.skip()

    def learn_now(self, drawn: Seen | None = None) -> Iterator[tuple[Any, ...]]:
        """Learn from the ratings, telling how far it is: (what it is doing, the page, what is drawn)"""
        known = (drawn or self._seen()).known
        done = threading.Event()
        outcome: list[str] = []

        def learn() -> None:
            try:
                refined = self.assistant.refine()
                outcome.append(
                    cards.escape(refined.why_not) or (rules.news([refined.version]) if refined.version else NOTHING_NEW)
                )
            except ERRORS as error:
                outcome.append(cards.escape(str(error)))
            finally:
                done.set()

        threading.Thread(target=learn, name="attune-learn-now", daemon=True).start()
        while not done.wait(0.2):
            seen = self._seen(known)
            if seen.bar:
                yield seen.bar, gr.skip(), seen
        yield " ".join(outcome), self.learning(), self._seen(known)
