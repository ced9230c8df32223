"""What the chat does when something is pressed: send, stop, rate, choose, correct, rename. What it then shows is in
`ui.chat_views`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from assistant.audience import AXES
from assistant.events import AnswerFailed, Event, SideBySide
from assistant.incognito import is_incognito
from memory import Feedback
from ui import cards, rules
from ui.chat_views import NO_COLLECTION
from ui.drawing import ChatView, Drawing, chat_rows, shown_text, typed_text
from ui.handling import ERRORS, pressed, told
from ui.questions import Questions

SHOW_EVERY_S = 0.06
"""The page is drawn at most this often while a reply is written."""
LEARN_WAIT_S = 2.0
"""How long to wait for what was learnt from a reply before showing the first of it; what takes longer is shown later."""
LATE_WAIT_S = 30.0


class ChatHandlers(Questions):
    """The chat. Which conversation is looked at is said by the page."""

    # --- looking --------------------------------------------------------------------------------------------------

    @told
    def begin_incognito(self) -> ChatView:
        """A conversation of which nothing is kept."""
        return self.view(self.assistant.incognito.start(), box="")

    @told
    def open(self, current: str, wanted: str = "") -> ChatView:
        """A conversation, on the branch that holds the wanted message when one is named."""
        memory = self.assistant.memory
        message = memory.find_message(wanted) if wanted and memory.find_conversation(current) else None
        here = message is not None and message.conversation_id == current and not self.assistant.running(current)
        if here and wanted not in {shown.id for shown in memory.thread(current)}:
            memory.set_active_leaf(current, memory.child_leaf(wanted).id)
        return self.view(current)

    @told
    def place_of(self, current: str, wanted: str) -> str:
        """Where a message stands among those that the page shows of its speaker, as "user 3"; "" where it does not."""
        conversation = self.assistant.memory.find_conversation(current) if current else None
        rows, ids = chat_rows(self._thread(current)) if conversation else ([], [])
        if wanted not in ids:
            return ""
        row = len(ids) - 1 - ids[::-1].index(wanted)  # its thoughts, if any, are the row before
        role = rows[row]["role"]
        number = sum(other["role"] == role for other in rows[:row])
        return f"{'user' if role == 'user' else 'bot'} {number}"

    @told
    def select(self, ids: list[str], event: gr.SelectData) -> str:
        """A reply was pressed: show what it was given with."""
        index = event.index[0] if isinstance(event.index, tuple | list) else event.index
        wanted = self.assistant.memory.get_message(ids[index])
        if wanted.role != "assistant":
            return gr.skip()  # type: ignore[no-any-return]
        return self._used_by(wanted.id)

    # --- replies --------------------------------------------------------------------------------------------------

    def submit(self, text: str, current: str, persona: str) -> Iterator[ChatView]:
        """Send what was typed. The box is emptied once the message is stored, and not before."""

        def begin() -> tuple[str, Iterator[Event]]:
            conversation = current
            if text.strip() and not conversation:
                speaker = self.assistant.persona(persona or self.assistant.settings.persona)
                conversation = self.assistant.memory.start_conversation(persona=speaker.id).id
            return conversation, self.assistant.respond(text, conversation or None, persona or None, side_by_side=True)

        yield from self._stream(begin, box="")

    def regenerate(self, ids: list[str], current: str, event: gr.RetryData) -> Iterator[ChatView]:
        """Write the reply again. Gradio names the row of the question."""
        wanted = ids[_index(event.index)]
        yield from self._stream(lambda: (current, self.assistant.regenerate(wanted)))

    def edit(self, ids: list[str], current: str, event: gr.EditData) -> Iterator[ChatView]:
        wanted, text = ids[_index(event.index)], typed_text(str(event.value))
        yield from self._stream(lambda: (current, self.assistant.edit(wanted, text)))

    def attach(self, current: str) -> Iterator[ChatView]:
        """Go on showing a reply that is being written, after a reload or from another tab."""
        if current and self.assistant.running(current):
            yield from self._stream(lambda: (current, self.assistant.attach(current)))
        else:
            yield ChatView()  # Gradio empties the outputs of a generator that yields nothing.

    def _stream(self, begin: Callable[[], tuple[str, Iterator[Event]]], *, box: Any = None) -> Iterator[ChatView]:
        """Draw a reply as it comes. A page that goes away ends this, and not the reply."""
        try:
            current, events = begin()
        except ERRORS as error:
            gr.Warning(cards.escape(str(error)), duration=12)
            yield ChatView()
            return
        yield self.view(current, box=box)
        drawing = Drawing(chat_rows(self._thread(current))[0])
        drawn_at = 0.0
        try:
            for event in events:
                drawing.hear(event)
                if isinstance(event, SideBySide):
                    yield self.view(current)
                elif isinstance(event, AnswerFailed):
                    gr.Warning(
                        cards.escape(f"One of two answers failed, and the other stays. {event.why}"), duration=12
                    )
                elif time.monotonic() - drawn_at >= SHOW_EVERY_S:
                    yield drawing.view()
                    drawn_at = time.monotonic()
        except ERRORS as error:
            gr.Warning(cards.escape(str(error)), duration=12)
        if drawing.are_same:
            gr.Info("Both answers came out the same.")
        yield self.view(current)

    # Learning outlasts the reply, and meanwhile the user may look elsewhere. So what waits draws nothing, and what draws
    # is told which conversation the page shows by then.

    def await_learning(self, current: str) -> str:
        """Wait for the first of what a reply teaches: (the conversation that it was given in). Keeps nobody from typing."""
        self.assistant.wait_until_idle(timeout_s=LEARN_WAIT_S)
        return current

    def await_late_learning(self, current: str) -> str:
        self.assistant.wait_until_idle(timeout_s=LATE_WAIT_S)
        return current

    @told
    def show_learnt(self, taught: str, shown: str) -> ChatView:
        """What learning changed: the list of conversations, and, where it is still the one shown, title and cards."""
        if taught != shown:
            return ChatView(side=self._side(shown))
        view = self.view(shown)
        return ChatView(
            heading=view.heading, side=view.side, cards=view.cards, used=view.used, send=view.send, stop=view.stop
        )

    @told
    def stop(self, current: str) -> None:
        """The only thing that stops a reply."""
        self.assistant.stop(current)

    @told
    def undo(self, current: str) -> ChatView:
        """Step back over the last exchange; what was typed comes back into the box."""
        text = self.assistant.undo(current)
        return self.view(current, box=text)

    # --- thumbs ---------------------------------------------------------------------------------------------------

    @told
    def rate(self, ids: list[str], event: gr.LikeData) -> tuple[Any, ...]:
        """A thumb. Down asks why: as `_panel`."""
        wanted = ids[_index(event.index)]
        if event.liked is True:
            self.assistant.rate(wanted, 1)
        elif event.liked is False:
            self.assistant.rate(wanted, -1)
        else:
            self.assistant.memory.delete_feedback(wanted)
        return self._panel(wanted) if event.liked is False else ("", gr.update(visible=False), [], "", "")

    @told
    def begin_rewording(self, event: gr.EventData) -> tuple[Any, ...]:
        """An answer, liked or not, is to be put in the user's own words: as `_panel`."""
        act, identifier = pressed(event)
        return self._panel(identifier) if act == "reword" else (gr.skip(),) * 5

    def _panel(self, wanted: str) -> tuple[Any, ...]:
        """What was said of a reply so far, to be said: (the reply, the panel, what was wrong unless it is liked, the comment,
        how the user would have said it, which begins as the reply)"""
        given = self._thumb(wanted)
        liked = given is not None and given.rating == 1
        reasons = gr.update(value=list(given.reasons) if given else [], visible=not liked)
        better = (given.edit if given else "") or self.assistant.memory.get_message(wanted).content
        return wanted, gr.update(visible=True), reasons, given.comment if given else "", better

    def _thumb(self, message_id: str) -> Feedback | None:
        return next(iter(self.assistant.memory.feedback(message_id)), None)

    @told
    def explain(self, wanted: str, reasons: list[str], comment: str, better: str, current: str) -> tuple[Any, ...]:
        """Why the thumb went down, and how the reply should have been, which may be said of a liked one too: (the panel,
        cards)"""
        if wanted:
            given = self._thumb(wanted)
            # Line by line, because a box hands back other line ends than it was given.
            if better.strip().splitlines() == self.assistant.memory.get_message(wanted).content.strip().splitlines():
                better = ""
            if given or reasons or comment or better:
                self.assistant.rate(wanted, given.rating if given else -1, reasons, comment or None, better or None)
        return gr.update(visible=False), self._cards(self._thread(current))

    @told
    def copied(self, current: str, event: gr.CopyData) -> None:
        """An answer was copied: a sign that it was of use. Gradio says what was copied, not from where."""
        text = str(event.value).strip()
        for message in reversed([] if is_incognito(current) else self._thread(current)):
            if message.role == "assistant" and text in (shown_text(message.content).strip(), message.content.strip()):
                self.assistant.memory.mark_copied(message.id)
                return

    # --- cards ----------------------------------------------------------------------------------------------------

    @told
    def card(self, event: gr.EventData) -> None:
        """A button on a card was pressed. A model takes long to load, so the cards are drawn after this, by `cards_of`."""
        act, identifier = pressed(event)
        if act == "undo-memory":
            self.assistant.memory.undo_add(identifier)
        elif act == "keep-held":
            self.assistant.memory.keep_held(identifier)
        elif act == "decline-held":
            self.assistant.memory.decline_held(identifier)
        elif act == "accept":
            self.assistant.accept(identifier)
        elif act == "reject":
            self.assistant.reject(identifier)
        elif act == "undo-rule":
            self.assistant.undo_rule(identifier)
        elif act == "better":
            better, _, worse = identifier.partition(":")
            self.assistant.prefer(better, worse)
        elif act == "comment-rule":
            self.assistant.make_rule_of_comment(identifier)
        elif act == "settle":
            message_id, _, memory_id = identifier.partition(":")
            right = self.assistant.settle(message_id, memory_id)
            gr.Info(
                cards.escape(f"Remembered: {right.content}") if right else "It is closed and will not be used again."
            )
        elif act == "use-model":
            gr.Info("Loading the model …")
            self.assistant.use_model(identifier)
            gr.Info("From now on this model answers.")

    @told
    def cards_of(self, current: str) -> str:
        return self._cards(self._thread(current))

    @told
    def choose(self, current: str, event: gr.EventData) -> ChatView:
        """What was said of two answers that stand side by side, or that it is taken back."""
        act, identifier = pressed(event)
        verdict, _, message_id = identifier.partition(":")
        if act == "judge" and verdict in ("better", "alike", "neither"):
            self.assistant.decide(message_id, verdict)  # type: ignore[arg-type]
        elif act == "withdraw-choice":
            self.assistant.withdraw_decision(identifier)
        return self.view(current)

    @told
    def wrong_or_ask(self, current: str, event: gr.EventData) -> tuple[Any, ...]:
        """A button on a memory that was used: (used panel, the pending question, its panel, its words, what is to be
        put right, its panel)."""
        act, identifier = pressed(event)
        if act in ("wrong", "outdated"):
            self.assistant.mark_wrong(identifier)
            gr.Info("It is closed and will not be used again. Its history keeps it.")
            right = (identifier, gr.update(visible=True)) if act == "wrong" else (gr.skip(), gr.skip())
            return self._used(self._thread(current), None), gr.skip(), gr.skip(), gr.skip(), *right
        if act == "forget":
            return gr.skip(), *self.ask(f"memory:{identifier}"), gr.skip(), gr.skip()
        return (gr.skip(),) * 6

    @told
    def without_me(self, event: gr.EventData) -> tuple[Any, ...]:
        """The answer was asked for as it would be to a stranger: (the answer's message, that other answer's text)"""
        act, identifier = pressed(event)
        if act != "without-me":
            return "", ""
        return identifier, self.assistant.without_knowing_me(identifier)

    @told
    def show_without_me(self, identifier: str, unknown: str, current: str) -> tuple[Any, ...]:
        """(the used panel with both answers, unless another conversation is shown by now; nothing asked for any more)"""
        if identifier not in {message.id for message in self._thread(current)}:
            return gr.skip(), ""
        known = self.assistant.memory.get_message(identifier).content
        return self._used_by(identifier) + rules.side_by_side(known, unknown), ""

    @told
    def put_right(self, identifier: str, text: str, current: str) -> tuple[Any, ...]:
        """What is right instead of what was wrong: (the emptied box, its panel, cards)."""
        if identifier and text.strip():
            kept = self.assistant.correct(identifier, text)
            gr.Info(cards.escape(f"Remembered: {kept.content}"))
        return "", gr.update(visible=False), self._cards(self._thread(current))

    # --- conversations --------------------------------------------------------------------------------------------

    @told
    def pick(self, event: gr.EventData) -> ChatView:
        """A conversation was chosen in the list."""
        _, identifier = pressed(event)
        return self.view(identifier)

    @told
    def rename(self, current: str, title: str, collection: str | None = None) -> tuple[Any, ...]:
        """A name, and a collection, which is made when it is new: (the panel, heading, list, choice of collections)"""
        memory = self.assistant.memory
        if current and title.strip():
            memory.rename_conversation(current, title)
        if current and collection:
            wanted = None if collection == NO_COLLECTION else memory.collections.create(collection).id
            memory.collections.put(current, wanted)
        view = self.view(current)
        return gr.update(visible=False), view.heading, view.side, view.collection

    @told
    def begin_rename(self, current: str) -> tuple[Any, ...]:
        conversation = self.assistant.memory.get_conversation(current)
        return gr.update(visible=True), conversation.title

    @told
    def choose_persona(self, current: str, persona: str) -> str:
        """The persona speaks from the next reply on: (starter cards with its greeting)."""
        speaker = self.assistant.persona(persona or self.assistant.settings.persona)
        if current and not is_incognito(current):
            self.assistant.memory.set_persona(current, speaker.id)
        return self._starters(speaker)

    @told
    def starter_pressed(self, persona: str, event: gr.EventData) -> tuple[Any, ...]:
        """A card puts its words into the box, for the user to send; a choice of the starter profile is kept, and pressed
        again taken back: (the box, the empty state)"""
        act, what = pressed(event)
        if act == "fill":
            return what, gr.skip()
        axis, _, choice = what.partition(":")
        if act == "starter" and axis in AXES:
            before = getattr(self.assistant.settings, axis)
            self.assistant.choose_starter(axis, "" if choice == before else choice)
        return gr.skip(), self._starters(self.assistant.persona(persona or self.assistant.settings.persona))


def _index(index: int | tuple[int, int] | list[int]) -> int:
    return index[0] if isinstance(index, tuple | list) else index
