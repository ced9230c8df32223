"""Before something goes for good: what would go, a yes, and then it goes. A question that is open is a text, like
`memory:ID` or `topic:my ex`, which the page holds.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.errors import AttuneError
from memory import ForgetPlan, forgetting
from memory.dates import local_days
from ui import cards
from ui.chat_views import ChatViews
from ui.handling import told


class Questions(ChatViews):
    """Asked by the chat and by the Memory tab; whichever asked, the chat is shown anew after a yes."""

    def ask(self, pending: str) -> tuple[Any, ...]:
        """Show what would go: (the pending question, its panel, its words)."""
        plan = self._plan(pending)
        if plan.is_empty:
            raise AttuneError("Nothing is known of that, so there is nothing to forget.")
        return pending, gr.update(visible=True), cards.forget_plan(plan)

    def _plan(self, pending: str) -> ForgetPlan:
        kind, _, what = pending.partition(":")
        memory = self.assistant.memory
        if kind == "period":
            first, _, last = what.partition("/")
            return memory.plan_forget_period(*local_days(first, last))
        plans = {
            "memory": memory.plan_forget,
            "memories": lambda ids: memory.plan_forget_all(ids.split(",")),
            "conversation": memory.plan_delete_conversation,
            "topic": memory.plan_forget_topic,
            "person": memory.plan_forget_person,
        }
        return plans[kind](what)

    @told
    def ask_delete(self, current: str) -> tuple[Any, ...]:
        return self.ask(f"conversation:{current}") if current else (gr.skip(),) * 3

    @told
    def words_of(self, pending: str) -> list[str]:
        """The words that are about to be forgotten."""
        plan = self._plan(pending)
        return [*plan.phrases, *plan.topic]

    @told
    def clear_drafts(self, words: list[str], *drafts: str | None) -> tuple[Any, ...]:
        """(no words, nothing pending, no question, then each draft, emptied where it names what was forgotten)"""
        return [], "", "", *("" if forgetting.is_named(words, draft or "") else gr.skip() for draft in drafts)

    @told
    def yes(self, pending: str, current: str) -> tuple[Any, ...]:
        """Carry it out: (the question's panel, then the chat page)."""
        kind, _, identifier = pending.partition(":")
        if kind == "memory":
            self.assistant.memory.delete(identifier)
            gr.Info("Forgotten.")
        elif kind == "conversation":
            self.assistant.stop(identifier)
            self.assistant.wait_until_idle(timeout_s=10)
            self.assistant.memory.delete_conversation(identifier)
            current = "" if identifier == current else current
            gr.Info("Deleted.")
        elif kind in ("memories", "topic", "person", "period"):
            plan = self.assistant.memory.forget(self._plan(pending))
            current = "" if current in {c.id for c in plan.deleted_conversations} else current
            gr.Info("Forgotten.")
        return gr.update(visible=False), *self.view(current)
