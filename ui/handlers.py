"""What the page does when something is pressed. Records become Gradio's dicts here, and nowhere else.

Errors are caught once, by `told`: the user reads what to do, and what they typed stays where it is.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from assistant import digests
from assistant.assistant import Assistant, give_own_memory, open_assistant
from assistant.audience import AXES, Axis
from assistant.background import EXTRACTION_FAILURE
from assistant.errors import AttuneError
from assistant.events import AnswerFailed, Event, Response, SideBySide, TextChunk
from assistant.extraction import allow_class, allowed_classes
from assistant.incognito import is_incognito
from assistant.models import find_gguf_files
from assistant.refinement import is_about_facts
from assistant.sensitivity import CLASSES
from assistant.settings import Settings
from assistant.streaming import DECLINES
from memory import (
    Conversation,
    ForgetPlan,
    Memory,
    MemoryStoreError,
    Message,
    SearchHit,
    forgetting,
    retention,
    transfer,
)
from memory.chat_exports import is_chat_export
from memory.chat_import import import_chats
from memory.dates import local_days
from memory.filters import read_filters
from personas import Persona, PersonaError
from ui import cards, rules, sides
from ui.filters import read_filter, subject_choices

log = logging.getLogger(__name__)

SHOW_EVERY_S = 0.06
"""The page is drawn at most this often while a reply is written."""
LEARN_WAIT_S = 2.0
"""How long to wait for what was learnt from a reply before showing the first of it; what takes longer is shown later."""
LATE_WAIT_S = 30.0
RECENT_RULE_S = 600.0
ERASE_WORD = "erase"
KEPT_FOR = [
    ("ever", "ever"),
    ("30 days", "30"),
    ("90 days", "90"),
    ("a year", "365"),
    ("as long as the others", "as others"),
]
CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
ERRORS = (AttuneError, MemoryStoreError, PersonaError)


# --- records to Gradio's dicts ------------------------------------------------------------------------------------


def shown_text(text: str) -> str:
    """Markdown in which HTML is text and a picture is a link: a picture would be fetched from wherever it says."""
    parts = CODE.split(text)
    parts[::2] = [re.sub(r"!(?=\[)", "", part.replace("<", "&lt;")) for part in parts[::2]]
    return "".join(parts)


def typed_text(shown: str) -> str:
    """What was typed, from what was shown: the other way round, for a message that was edited in place."""
    parts = CODE.split(shown)
    parts[::2] = [part.replace("&lt;", "<") for part in parts[::2]]
    return "".join(parts)


def chat_rows(thread: Sequence[Message]) -> tuple[list[dict[str, Any]], list[str]]:
    """A branch as the chatbot shows it, and for each row the message it belongs to."""
    rows: list[dict[str, Any]] = []
    ids: list[str] = []
    for message in thread:
        if message.reasoning:
            rows.append(thought_row(message.reasoning, done=True))
            ids.append(message.id)
        content = shown_text(message.content)
        if message.status == "stopped":
            content = f"{content}\n\n*Stopped.*".strip()
        elif message.status == "failed":
            content = f"{content}\n\n*The reply failed. Press the arrow to try again.*".strip()
        rows.append({"role": message.role, "content": content or "…"})
        ids.append(message.id)
    return rows, ids


def thought_row(reasoning: str, *, done: bool) -> dict[str, Any]:
    """What a model said to itself, folded."""
    metadata = {"title": "Thoughts", "status": "done" if done else "pending"}
    return {"role": "assistant", "content": shown_text(reasoning), "metadata": metadata}


NO_COLLECTION = "No collection"


class ChatView(NamedTuple):
    """What the chat page shows, in the order of its outputs. A field that is left out stays as it is."""

    current: Any = gr.skip()
    ids: Any = gr.skip()
    chatbot: Any = gr.skip()
    heading: Any = gr.skip()
    side: Any = gr.skip()
    persona: Any = gr.skip()
    starters: Any = gr.skip()
    cards: Any = gr.skip()
    used: Any = gr.skip()
    box: Any = gr.skip()
    send: Any = gr.skip()
    stop: Any = gr.skip()
    tools: Any = gr.skip()
    collection: Any = gr.skip()
    sides: Any = gr.skip()
    side_a: Any = gr.skip()
    side_b: Any = gr.skip()
    choice: Any = gr.skip()


class Drawing:
    """What has been heard of a reply, or of two answers that are written side by side, as the page shows it."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        """`rows`: the conversation before the reply."""
        self._rows = rows[:-1] if rows and rows[-1]["role"] == "assistant" else rows
        self._sides: list[str] = []
        self._texts: dict[str, str] = {}
        self._thoughts: dict[str, str] = {}
        self._ended: set[str] = set()

    def hear(self, event: Event) -> None:
        if isinstance(event, SideBySide):
            self._sides = sides.placed(*event.message_ids)
        elif isinstance(event, TextChunk):
            heard = self._thoughts if event.kind == "reasoning" else self._texts
            heard[event.message_id] = heard.get(event.message_id, "") + event.text
        elif isinstance(event, Response):
            self._ended.add(event.message_id)

    @property
    def are_same(self) -> bool:
        """Did two whole answers come out the same?"""
        texts = {self._texts.get(side, "").strip() for side in self._sides}
        return len(texts) == 1 and texts != {""} and self._ended.issuperset(self._sides)

    def view(self) -> ChatView:
        if self._sides:
            one, other = (self._side(side) for side in self._sides)
            return ChatView(side_a=one, side_b=other)
        text, thought = self._texts.get("", ""), self._thoughts.get("", "")
        thoughts = [thought_row(thought, done=bool(text))] if thought else []
        answer = {"role": "assistant", "content": shown_text(text) or "…"}
        return ChatView(chatbot=gr.update(value=[*self._rows, *thoughts, answer]))

    def _side(self, message_id: str) -> str:
        text, thinking = shown_text(self._texts.get(message_id, "")), message_id in self._thoughts
        return sides.drawn(text, thinking=thinking, done=message_id in self._ended)


def told(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The page's door for errors: shown as a notice, and everything on the page stays as it was."""

    @wraps(handler)
    def caught(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except ERRORS as error:
            gr.Warning(cards.escape(str(error)), duration=12)
            return gr.skip()

    return caught


class ChatHandlers:
    """One user's page. Holds the assistant, and nothing about which conversation is looked at: the page says that."""

    def __init__(self, assistant: Assistant, *, reopen: Callable[[Settings], Assistant] = open_assistant) -> None:
        """`reopen` opens an empty home after everything was erased."""
        self.assistant = assistant
        self._reopen = reopen
        self._swap = threading.Lock()

    @property
    def _server(self) -> str:
        """The address that replies come from; empty when they are made here."""
        settings = self.assistant.settings
        return (settings.base_url or "a server") if settings.is_remote else ""

    # --- looking --------------------------------------------------------------------------------------------------

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
            "sides": gr.update(visible=bool(pair)),
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
        rows, ids = chat_rows(self._thread(current))
        running = bool(self.assistant.running(current))
        return ChatView(
            current=current,
            ids=ids,
            chatbot=gr.update(value=rows, visible=bool(rows)),
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

    @told
    def begin_incognito(self) -> ChatView:
        """A conversation of which nothing is kept."""
        return self.view(self.assistant.incognito.start(), box="")

    def _thumbs(self, thread: Sequence[Message]) -> list[str | None]:
        """Gradio wants one for each reply's row, thoughts included."""
        given = {f.message_id: "Like" if f.rating == 1 else "Dislike" for f in self.assistant.memory.feedback()}
        thumbs: list[str | None] = []
        for message in thread:
            if message.role == "assistant":
                thumbs += [None] * bool(message.reasoning) + [given.get(message.id)]
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
        return used + rules.why(learned, tried, answer.model, without, self.assistant.steering_of(message_id))

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

    def learn(self, current: str) -> Iterator[ChatView]:
        """What learning changes, as it comes: cards, title, the list of conversations. Keeps nobody from typing."""
        self.assistant.wait_until_idle(timeout_s=LEARN_WAIT_S)
        yield self._after(current)
        self.assistant.wait_until_idle(timeout_s=LATE_WAIT_S)
        yield self._after(current)

    def _after(self, current: str) -> ChatView:
        view = self.view(current)
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
        """A thumb. Down asks why: (the reply asked about, the panel, reasons, comment, better answer)."""
        wanted = ids[_index(event.index)]
        if event.liked is True:
            self.assistant.rate(wanted, 1)
        elif event.liked is False:
            self.assistant.rate(wanted, -1)
        else:
            self.assistant.memory.delete_feedback(wanted)
        down = event.liked is False
        return wanted if down else "", gr.update(visible=down), [], "", ""

    @told
    def explain(self, wanted: str, reasons: list[str], comment: str, better: str, current: str) -> tuple[Any, ...]:
        """Why the thumb went down: (the panel, cards)."""
        if wanted:
            self.assistant.rate(wanted, -1, reasons, comment or None, better or None)
        return gr.update(visible=False), self._cards(self._thread(current))

    @told
    def copied(self, current: str, event: gr.CopyData) -> None:
        """An answer was copied: a sign that it was of use. Gradio says what was copied, not from where."""
        text = str(event.value).strip()
        for message in reversed([] if is_incognito(current) else self._thread(current)):
            if message.role == "assistant" and text in (shown_text(message.content).strip(), message.content.strip()):
                self.assistant.memory.mark_copied(message.id)
                return

    def _thread(self, current: str) -> list[Message]:
        if is_incognito(current):
            return self.assistant.incognito.thread(current)
        return self.assistant.memory.thread(current) if current else []

    # --- cards ----------------------------------------------------------------------------------------------------

    @told
    def card(self, current: str, event: gr.EventData) -> str:
        """A button on a card was pressed."""
        act, identifier = _pressed(event)
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
        return self._cards(self._thread(current))

    @told
    def choose(self, current: str, event: gr.EventData) -> ChatView:
        """What was said of two answers that stand side by side, or that it is taken back."""
        act, identifier = _pressed(event)
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
        act, identifier = _pressed(event)
        if act in ("wrong", "outdated"):
            self.assistant.mark_wrong(identifier)
            gr.Info("It is closed and will not be used again. Its history keeps it.")
            right = (identifier, gr.update(visible=True)) if act == "wrong" else (gr.skip(), gr.skip())
            return self._used(self._thread(current), None), gr.skip(), gr.skip(), gr.skip(), *right
        if act == "forget":
            return gr.skip(), *self.ask(f"memory:{identifier}"), gr.skip(), gr.skip()
        if act == "without-me":
            known = self.assistant.memory.get_message(identifier).content
            unknown = self.assistant.without_knowing_me(identifier)
            return self._used_by(identifier) + rules.side_by_side(known, unknown), *(gr.skip(),) * 5
        return (gr.skip(),) * 6

    @told
    def put_right(self, identifier: str, text: str, current: str) -> tuple[Any, ...]:
        """What is right instead of what was wrong: (the emptied box, its panel, cards)."""
        if identifier and text.strip():
            kept = self.assistant.correct(identifier, text)
            gr.Info(cards.escape(f"Remembered: {kept.content}"))
        return "", gr.update(visible=False), self._cards(self._thread(current))

    # --- questions ------------------------------------------------------------------------------------------------

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

    # --- conversations --------------------------------------------------------------------------------------------

    @told
    def pick(self, event: gr.EventData) -> ChatView:
        """A conversation was chosen in the list."""
        _, identifier = _pressed(event)
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

    def _starters(self, speaker: Persona) -> str:
        """The empty state; someone who has said nothing yet is asked how they want to be answered."""
        settings = self.assistant.settings
        new = not self.assistant.memory.conversations(limit=1)
        chosen: dict[Axis, str] | None = {axis: getattr(settings, axis) for axis in AXES} if new else None
        return cards.starters(speaker, server=self._server, chosen=chosen)

    @told
    def starter_pressed(self, persona: str, event: gr.EventData) -> tuple[Any, ...]:
        """A card puts its words into the box, for the user to send; a choice of the starter profile is kept, and pressed
        again taken back: (the box, the empty state)"""
        act, what = _pressed(event)
        if act == "fill":
            return what, gr.skip()
        axis, _, choice = what.partition(":")
        if act == "starter" and axis in AXES:
            before = getattr(self.assistant.settings, axis)
            self.assistant.choose_starter(axis, "" if choice == before else choice)
        return gr.skip(), self._starters(self.assistant.persona(persona or self.assistant.settings.persona))


class PageHandlers(ChatHandlers):
    """The pages beside the chat."""

    # --- memory ---------------------------------------------------------------------------------------------------

    def _sources(self, memories: Sequence[Memory]) -> dict[str, Message]:
        found = {}
        for memory in memories:
            message = self.assistant.memory.find_message(memory.source_message_id or "")
            if message is not None:
                found[message.id] = message
        return found

    @told
    def memories(self, query: str, closed: bool) -> str:
        memory = self.assistant.memory
        words = read_filter(query)[0]
        if not read_filters(words).only_persona:
            hits = self._hits(query)
            sources = self._sources([hit.item for hit in hits if isinstance(hit.item, Memory)])
            about = digests.search(memory, words) if read_filter(query)[1].is_empty else []
            titles = {c.id: c.title for c in memory.conversations(limit=10_000)}
            return cards.search_results(hits, sources, read_filters(words).words, titles, about)
        listed = self.listed(query, closed)
        sources = self._sources(listed)
        return cards.memory_list((m, sources.get(m.source_message_id or "")) for m in listed)

    def listed(self, query: str, closed: bool) -> list[Memory]:
        """The memories that the list shows, in its order."""
        words, narrowed = read_filter(query)
        typed = read_filters(words)
        if not typed.only_persona:
            return [hit.item for hit in self._hits(query) if isinstance(hit.item, Memory)]
        listed = self.assistant.memory.memories(include_closed=closed or narrowed.moment is not None, limit=500)
        return [m for m in listed if narrowed.admits(m) and typed.persona in (None, m.persona)]

    def subjects(self) -> Any:
        """Whom the list can be narrowed to."""
        kept = self.assistant.memory.memories(include_closed=True, limit=10_000)
        return gr.update(choices=subject_choices(memory.subject for memory in kept))

    def _hits(self, query: str) -> list[SearchHit]:
        words, narrowed = read_filter(query)
        hits = self.assistant.memory.search_as_typed(words, as_of=narrowed.moment)
        if narrowed.is_empty:
            return hits
        return [hit for hit in hits if isinstance(hit.item, Memory) and narrowed.admits(hit.item)]

    @told
    def memory_pressed(self, query: str, closed: bool, event: gr.EventData) -> tuple[Any, ...]:
        """(list, history, the edited memory, editing panel, its text, the pending question, its panel, its words)"""
        act, identifier = _pressed(event)
        memory = self.assistant.memory
        view = [gr.skip() for _ in range(8)]
        if act == "history":
            view[1] = cards.timeline(memory.history(identifier))
        elif act == "edit":
            view[2:5] = [identifier, gr.update(visible=True), memory.get(identifier).content]
        elif act == "forget":
            view[5:8] = self.ask(f"memory:{identifier}")
        elif act in ("close", "reopen"):
            self.assistant.mark_wrong(identifier) if act == "close" else memory.reopen(identifier)
            view[0] = self.memories(query, closed)
        return tuple(view)

    @told
    def ask_forget(self, kind: str, what: str, first: str, last: str) -> tuple[Any, ...]:
        """Show what forgetting a topic, a person or a time would take: (the pending question, its panel, its words)."""
        if kind == "period":
            what = f"{first.strip()}/{last.strip()}"
        elif not what.strip():
            raise AttuneError("Say what is to be forgotten: a topic like “my ex”, or a name.")
        return self.ask(f"{kind}:{what}")

    @told
    def held(self) -> str:
        """Why learning fails, if it does, and what waits for the user's word."""
        failing = self.assistant.memory.note(EXTRACTION_FAILURE)
        parts = [cards.failing(failing)] if failing else []
        return "".join([*parts, *(cards.held(fact) for fact in self.assistant.memory.held_facts())])

    @told
    def held_pressed(self, query: str, closed: bool, event: gr.EventData) -> tuple[Any, ...]:
        """(what is held back, list)"""
        act, identifier = _pressed(event)
        if act == "keep-held":
            self.assistant.memory.keep_held(identifier)
        elif act == "decline-held":
            self.assistant.memory.decline_held(identifier)
        return self.held(), self.memories(query, closed)

    def allowed(self) -> list[str]:
        """The delicate classes that may be kept."""
        return sorted(allowed_classes(self.assistant.memory))

    @told
    def allow(self, wanted: list[str]) -> None:
        for name in CLASSES:
            allow_class(self.assistant.memory, name, allowed=name in wanted)

    @told
    def own_memories(self) -> Any:
        """Which personas keep what they are told to themselves."""
        known = self.assistant.all_personas()
        own = [p.id for p in known if p.memory_scope == "own"]
        return gr.update(choices=[(p.name, p.id) for p in known], value=own)

    @told
    def set_own_memories(self, wanted: list[str]) -> None:
        for persona in self.assistant.all_personas():
            if (persona.memory_scope == "own") != (persona.id in wanted):
                give_own_memory(self.assistant.memory, persona.id, own=persona.id in wanted)

    @told
    def save_memory(self, identifier: str, text: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(editing panel, list)"""
        if identifier and text.strip():
            self.assistant.memory.update(identifier, content=text)
        return gr.update(visible=False), self.memories(query, closed)

    @told
    def add_memory(self, text: str, query: str, closed: bool) -> tuple[Any, ...]:
        """(the emptied box, list)"""
        if not text.strip():
            return gr.skip(), gr.skip()
        self.assistant.memory.add(content=text, plural=True, origin="user")
        return "", self.memories(query, closed)

    # --- profile --------------------------------------------------------------------------------------------------

    @told
    def profile(self) -> tuple[Any, ...]:
        """(the page, its text, its versions)"""
        return (
            self._profile_page(),
            self.assistant.profile_text(),
            cards.profile_versions(self.assistant.memory.profile_versions()),
        )

    def _profile_page(self) -> str:
        lines = self.assistant.profile().lines
        memories = [self.assistant.memory.find(m) for line in lines for m in line.memory_ids]
        known = [memory for memory in memories if memory is not None]
        sources = self._sources(known)
        said = {m.id: sources[m.source_message_id] for m in known if m.source_message_id in sources}
        return cards.profile_page(lines, said)

    @told
    def profile_pressed(self, event: gr.EventData) -> tuple[Any, ...]:
        """A lock, or a version: (the page, its text, its versions, what has changed)"""
        act, what = _pressed(event)
        changed = ""
        if act in ("lock", "unlock"):
            self.assistant.lock_profile_line(what, locked=act == "lock")
        elif act == "restore":
            self.assistant.restore_profile(what)
            gr.Info("The page reads as it did then, with what was learnt since.")
        elif act == "compare":
            changed = cards.profile_diff(self.assistant.profile_diff(what))
        return *self.profile(), changed

    @told
    def save_profile(self, text: str) -> tuple[Any, ...]:
        self.assistant.edit_profile(text)
        gr.Info("Saved. Your words win over what is learnt.")
        return self.profile()  # type: ignore[no-any-return]

    # --- learning -------------------------------------------------------------------------------------------------

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
        act, identifier = _pressed(event)
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
        act, what = _pressed(event)
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

    # --- data -----------------------------------------------------------------------------------------------------

    @told
    def about(self) -> str:
        memory, settings = self.assistant.memory, self.assistant.settings
        return cards.about(
            model=settings.model or "the small built-in model",
            home=str(memory.home),
            counts=memory.counts(),
            problems=memory.check(),
            server=self._server,
        )

    def keeping(self) -> tuple[Any, ...]:
        """(the conversations that may have a time of their own, how long all are kept)"""
        named = [(cards.short(c.title, 60), c.id) for c in self.assistant.memory.conversations()]
        return gr.update(choices=[("All", ""), *named], value=""), self.kept_for("")

    @told
    def kept_for(self, which: str) -> str:
        memory = self.assistant.memory
        days = memory.get_conversation(which).keep_days if which else retention.days_for_all(memory)
        return ("as others" if which else "ever") if days is None else str(days) if days else "ever"

    @told
    def keep(self, which: str, chosen: str) -> None:
        memory = self.assistant.memory
        days = int(chosen) if chosen.isdigit() else None
        if which:
            retention.keep_for(memory, which, retention.FOR_EVER if chosen == "ever" else days)
        else:
            retention.keep_all_for(memory, days)
        gr.Info("Kept for ever." if chosen == "ever" else "From now on, what is past its time goes.")

    @told
    def import_file(self, path: str | None) -> tuple[Any, ...]:
        """(the emptied upload, about)"""
        if not path:
            return gr.skip(), gr.skip()
        try:
            added = self._import(Path(path))
        finally:
            Path(path).unlink(missing_ok=True)
        gr.Info(f"Imported: {added} added; what was already there stays as it is.")
        return None, self.about()

    def _import(self, path: Path) -> str:
        """What an export of ours, of ChatGPT or of Claude added, in words."""
        if is_chat_export(path):
            chats = import_chats(self.assistant.memory, path, embed=False)
            return f"{chats.conversations:,} conversations with {chats.messages:,} messages"
        return f"{sum(n['added'] for n in self.assistant.import_zip(path).values()):,}"

    @told
    def erase(self, word: str) -> tuple[Any, ...]:
        """(the emptied box, about, then the chat page)"""
        if word.strip().lower() != ERASE_WORD:
            raise AttuneError(f"Nothing was erased. Type {ERASE_WORD} to remove everything.")
        with self._swap:
            settings = self.assistant.settings
            if not self.assistant.memory.owner:
                raise AttuneError("Attune is open in another window. Close it, then erase.")
            self.assistant.close()
            transfer.erase(settings.home)
            self.assistant = self._reopen(settings)
        gr.Info("Everything is gone.")
        return "", self.about(), *self.view("")


def _index(index: int | tuple[int, int] | list[int]) -> int:
    return index[0] if isinstance(index, tuple | list) else index


def _pressed(event: gr.EventData) -> tuple[str, str]:
    """What a button says it does, and to what."""
    data = event._data or {}
    return str(data.get("act", "")), str(data.get("id", ""))
