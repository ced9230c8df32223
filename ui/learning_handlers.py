"""What the Learning tab does: shows and changes rules, keeps choices and guesses, learns now. What it shows is drawn by
`ui.rules`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import gradio as gr

from assistant.audience import AXES, Axis
from assistant.refinement import is_about_facts
from ui import cards, rules
from ui.handling import ERRORS, Handlers, pressed, told


class LearningHandlers(Handlers):
    """The Learning tab. Learning now runs in a thread of its own, so that the page can tell how far it is."""

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

    def learn_now(self) -> Iterator[tuple[Any, ...]]:
        """Learn from the ratings, telling how far it is: (what it is doing, the page)"""
        done = threading.Event()
        outcome: list[str] = []

        def learn() -> None:
            try:
                refined = self.assistant.refine()
                outcome.append(
                    refined.why_not or (refined.version.reason if refined.version else "Nothing new is sure yet.")
                )
            except ERRORS as error:
                outcome.append(str(error))
            finally:
                done.set()

        threading.Thread(target=learn, name="attune-learn-now", daemon=True).start()
        while not done.wait(0.2):
            now = self.assistant.refiner.progress
            if now is not None:
                yield rules.progress(now.doing, now.done, now.total), gr.skip()
        yield cards.escape(" ".join(outcome)), self.learning()
