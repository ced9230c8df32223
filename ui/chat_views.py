"""What the chat shows of a conversation: its messages, the cards under them, what an answer was given with. Looks, and
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from assistant.audience import AXES, Axis
from assistant.incognito import is_incognito
from assistant.models import find_gguf_files
from assistant.streaming import DECLINES
from memory import Conversation, Message
from personas import Persona
from ui import cards, rules, sides
from ui.drawing import ChatView, chat_rows, shown_text
from ui.handling import Handlers

RECENT_RULE_S = 600.0
NO_COLLECTION = "No collection"


class ChatViews(Handlers):
    """A conversation as the page shows it, whichever tab asks for it."""

    def view(self, current: str, *, box: Any = None, of_message: str | None = None) -> ChatView:
        """The whole chat page for a conversation; for none, the empty state."""
        memory = self.assistant.memory
        if self.assistant.incognito.knows(current):
            return self._incognito_view(current, box)
        conversation = memory.find_conversation(current) if current else None
        current = conversation.id if conversation else ""
        thread = memory.thread(current) if current else []
        pair = self._pair(thread[-1]) if thread else []
        shown = thread[:-1] if pair else thread
        rows, ids = chat_rows(shown)
        persona_id = conversation.persona if conversation else self.assistant.settings.persona
        running = bool(current and self.assistant.running(current))
        personas = {p.id: p for p in self.assistant.all_personas()}
        speaker = personas.get(persona_id) or next(iter(personas.values()))
        return ChatView(
            current=current,
            shown=current,
            ids=ids,
            chatbot=gr.update(value=rows, visible=bool(rows), feedback_value=self._thumbs(shown)),
            heading=cards.heading(conversation.title if conversation else "Attune", demo=bool(memory.note("demo"))),
            side=self._side(current),
            persona=speaker.id,
            starters=gr.update(value=self._starters(speaker), visible=not rows),
            cards=self._cards(thread),
            used=self._used(thread, of_message),
            box=gr.skip() if box is None else box,
            # Hidden, not taken out: Gradio mounts what was taken out so late that a quick change back can be lost.
            send=gr.update(visible="hidden" if running else True),
            stop=gr.update(visible=True if running else "hidden"),
            tools=gr.update(visible=bool(rows)),
            collection=self._collection(conversation),
            **self._side_by_side(thread, pair),
        )

    def _side_by_side(self, thread: Sequence[Message], pair: Sequence[Message]) -> dict[str, Any]:
        """The last two answers beside each other, or, once the user has chosen, which was which."""
        texts = [self._side_text(answer) for answer in pair] or ["", ""]
        said = sides.choice(pair) if pair else self._revealed(thread[-1]) if thread else ""
        return {
            "sides": gr.update(visible=True if pair else "hidden"),  # hidden, not taken out: as `send` above
            "side_a": texts[0],
            "side_b": texts[1],
            "choice": gr.update(value=said, visible=bool(said)),
        }

    @staticmethod
    def _side_text(answer: Message) -> str:
        running = answer.status == "streaming"
        text = sides.drawn(shown_text(answer.content), thinking=bool(answer.reasoning), done=not running)
        return f"{text}\n\n*Stopped.*" if answer.status == "stopped" else text

    def _pair(self, answer: Message) -> list[Message]:
        """The two answers that stand side by side where the conversation ends, left and right, until the user has chosen."""
        memory = self.assistant.memory
        comparison = memory.refinements.comparison_of(answer.id) if answer.role == "assistant" else None
        if comparison is None or comparison.verdict:
            return []
        if memory.get_conversation(answer.conversation_id).active_leaf_id != answer.id:
            return []
        pair = [memory.get_message(i) for i in sides.placed(comparison.one_id, comparison.other_id)]
        return pair if sides.stand_together(pair) else []

    def _revealed(self, answer: Message) -> str:
        """Which of two answers was which, after the choice."""
        comparison = self.assistant.memory.refinements.comparison_of(answer.id)
        if comparison is None or comparison.verdict in ("", "withdrawn"):
            return ""
        made = [(i, *self.assistant.rules_of(i)) for i in sides.placed(comparison.one_id, comparison.other_id)]
        return sides.revealed(comparison, made)

    def _side(self, current: str) -> str:
        memory = self.assistant.memory
        names = {c.id: c.name for c in memory.collections.all()}
        return cards.conversation_list(memory.conversations(), current, names)

    def _collection(self, conversation: Conversation | None) -> Any:
        """The choice of a collection."""
        known = self.assistant.memory.collections.all()
        chosen = next((c.name for c in known if conversation and c.id == conversation.collection_id), NO_COLLECTION)
        return gr.update(choices=[NO_COLLECTION, *(c.name for c in known)], value=chosen)

    def _incognito_view(self, current: str, box: Any) -> ChatView:
        thread = self._thread(current)
        rows, ids = chat_rows(thread)
        running = bool(self.assistant.running(current))
        return ChatView(
            current=current,
            shown=current,
            ids=ids,
            chatbot=gr.update(value=rows, visible=bool(rows), feedback_value=self._thumbs(thread)),
            heading=cards.incognito_heading(),
            side=self._side(current),
            starters=gr.update(visible=False),
            cards="",
            used=cards.used_panel((), of_reply=False),
            box=gr.skip() if box is None else box,
            send=gr.update(visible="hidden" if running else True),
            stop=gr.update(visible=True if running else "hidden"),
            tools=gr.update(visible=False),
            **self._side_by_side([], []),
        )

    def _thumbs(self, thread: Sequence[Message]) -> list[str]:
        """Gradio wants one for each reply's row, thoughts included.

        A row keeps the thumb that was pressed on it until it is handed another value than before, whatever message it
        shows by then. So what has no thumb says which message it is, and a value that Gradio does not know fills none.
        """
        given = {f.message_id: "Like" if f.rating == 1 else "Dislike" for f in self.assistant.memory.feedback()}
        thumbs: list[str] = []
        for message in thread:
            if message.role == "assistant":
                thumbs += [f"thoughts of {message.id}"] * bool(message.reasoning)
                thumbs.append(given.get(message.id, message.id))
        return thumbs

    def _cards(self, thread: Sequence[Message]) -> str:
        """Under the latest reply: what was learnt, the exact facts it had, rules to decide, a larger model."""
        parts: list[str] = []
        question = next((m for m in reversed(thread) if m.role == "user"), None)
        answer = thread[-1] if thread and thread[-1].role == "assistant" else None
        if question is not None:
            parts += [cards.learnt(memory, question) for memory in self.assistant.learnt_from(question.id)]
            parts += [cards.held(held) for held in self.assistant.memory.held_facts(question.id)]
        if answer is not None and answer.status != "streaming":
            facts = [use.content for use in self.assistant.used_for(answer.id) if use.type == "memory"]
            if facts:
                parts.append(cards.used_facts(facts))
            if answer.model and DECLINES.search(answer.content) and not self.assistant.settings.model:
                parts.append(cards.bigger_models(find_gguf_files()))
        if answer is not None and answer.status == "complete":
            parts += self._comparison(answer)
        for message in thread:
            if message.role == "assistant":
                parts.append(cards.doubted(message.id, self.assistant.doubted(message.id)))
        if answer is not None and (comment := self.assistant.comment_to_keep(answer.id)):
            parts.append(cards.comment_as_rule(answer.id, comment))
        parts += [cards.proposal(version) for version in self.assistant.proposals()]
        current = self.assistant.memory.current_prompt()
        if current is not None and current.decided_at is not None and current.rules:
            age_s = (self.assistant.memory.clock() - current.decided_at).total_seconds()
            if age_s < RECENT_RULE_S:
                parts.append(cards.accepted(current))
        return "".join(parts)

    def _undecided(self, answer: Message) -> list[Message]:
        """The last two answers to one message, the newer last, until the user has said which was better."""
        memory = self.assistant.memory
        written = [m for m in memory.siblings(answer.id) if m.status == "complete" and m.content.strip()]
        versions = [m for m in written if not self._is_set_aside(m)]
        if len(versions) < 2 or versions[-1].id != answer.id or versions[-2].content == answer.content:
            return []
        asked = {versions[-2].id, answer.id}
        if any({pair.better_id, pair.worse_id} == asked for pair in memory.refinements.pairs()):
            return []
        return versions[-2:]

    def _is_set_aside(self, answer: Message) -> bool:
        """Was it written beside another that the conversation goes on with?"""
        comparison = self.assistant.memory.refinements.comparison_of(answer.id)
        return comparison is not None and comparison.set_aside == answer.id

    def _comparison(self, answer: Message) -> list[str]:
        """After an answer was written again: which was better? Asked until it is said."""
        pair = self._undecided(answer)
        return [cards.which_was_better(*pair)] if pair else []

    def _used(self, thread: Sequence[Message], of_message: str | None) -> str:
        answers = [m.id for m in thread if m.role == "assistant"]
        wanted = of_message if of_message in answers else answers[-1] if answers else None
        return self._used_by(wanted) if wanted else cards.used_panel((), of_reply=False)

    def _used_by(self, message_id: str) -> str:
        """What an answer was given with, and why it is as it is."""
        learned, tried = self.assistant.rules_of(message_id)
        used = cards.used_panel(self.assistant.used_for(message_id), of_reply=True)
        answer = self.assistant.memory.get_message(message_id)
        if self._pair(answer):
            return used  # its rules would tell which of the two it is
        without = answer.id if answer.status == "complete" else ""
        steered, version = self.assistant.steering_of(message_id), self.assistant.version_of(answer)
        return used + rules.why(learned, tried, answer.model, without, steered, version)

    def _thread(self, current: str) -> list[Message]:
        if is_incognito(current):
            return self.assistant.incognito.thread(current)
        return self.assistant.memory.thread(current) if current else []

    def _starters(self, speaker: Persona) -> str:
        """The empty state; someone who has said nothing yet is asked how they want to be answered."""
        settings = self.assistant.settings
        new = not self.assistant.memory.conversations(limit=1)
        chosen: dict[Axis, str] | None = {axis: getattr(settings, axis) for axis in AXES} if new else None
        return cards.starters(speaker, server=self._server, chosen=chosen)
