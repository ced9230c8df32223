"""What is learnt after a reply: facts, titles, summaries, the profile page. Runs from the durable queue.

Every handler can be killed and run again: each starts from what SQLite holds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel

from assistant import digests, extraction, summaries
from assistant.corrections import read_correction
from assistant.profile import current_profile, reword
from assistant.settings import Settings
from assistant.turn import is_small, turns_of
from memory import MemoryManager, Message, retention
from memory.forgetting import is_struck, unstruck
from personas.persona import Persona

log = logging.getLogger(__name__)

EXTRACTION_FAILURE = "extraction_failure"
"""The note that holds why extraction last failed; empty when the last one went well."""
SETTLE_S = 2.0
"""How long there must be no reply before the chat model reads for facts. Rules take milliseconds and do not wait."""
KEEP_SHARE = 0.5
"""A fold leaves the newest turns that fill this share of the window, so that the prefix then holds for many turns."""


class Background:
    def __init__(
        self,
        *,
        memory: MemoryManager,
        settings: Settings,
        chat_model: Callable[[], BaseChatModel],
        persona: Callable[[str], Persona],
    ) -> None:
        self._memory = memory
        self._settings = settings
        self._chat_model = chat_model
        self._persona = persona

    def register(self) -> None:
        worker = self._memory.worker
        worker.register("extract", self.extract)
        worker.register("extract_with_model", self.extract_with_model)
        worker.register("title", self.title)
        worker.register("summarise", self.summarise)
        worker.register(retention.JOB, self.retain)
        worker.register("profile", self.profile)
        worker.register("digests", self.digests)

        if self._memory.owner:
            retention.schedule(self._memory)

    def retain(self, _payload: dict[str, Any]) -> None:
        """Let go of conversations that are past their time."""
        if retention.carry_out(self._memory):
            self._memory.jobs.enqueue("profile", {}, key="profile")

    def after_turn(self, question: Message, *, first: bool) -> None:
        """Queue what a turn leaves to be learnt: one job for all that is unread in its conversation."""
        conversation_id = question.conversation_id
        self._memory.unread.add(question, "rules")
        self._memory.jobs.enqueue(
            "extract", {"conversation_id": conversation_id}, key=f"extract:{conversation_id}", priority=1
        )
        if first:
            self._memory.jobs.enqueue("title", {"conversation_id": conversation_id, "message_id": question.id})
            retention.schedule(self._memory)
        self._memory.worker.wake()

    def extract(self, payload: dict[str, Any]) -> None:
        """Facts by rules, as soon as a reply is done. What a model is to read too is left to `extract_with_model`."""
        if "message_id" in payload:  # queued by an earlier version
            found = self._memory.find_message(payload["message_id"])
            waiting = [found] if found else []
        else:
            waiting = self._memory.unread.of(payload["conversation_id"], "rules")
        reads_too = bool(waiting) and not is_small(self._chat_model())
        for message in waiting:
            self._memory.worker.checkpoint()
            if message.role == "user" and not is_struck(message.content):
                self._keep(message, self._by_rules(message))
                if reads_too:
                    self._memory.unread.add(message, "model")
            self._memory.unread.remove(message, "rules")
        for conversation_id in dict.fromkeys(message.conversation_id for message in waiting):
            self._memory.jobs.enqueue(
                "digests", {"conversation_id": conversation_id}, key=f"digests:{conversation_id}", priority=9
            )
        if reads_too:
            conversation_id = waiting[0].conversation_id
            self._memory.jobs.enqueue(
                "extract_with_model", {"conversation_id": conversation_id}, key=f"extract_with_model:{conversation_id}"
            )

    def extract_with_model(self, payload: dict[str, Any]) -> None:
        """What the chat model reads, once nothing was said for a while: messages sent in quick succession in one go."""
        self._memory.worker.checkpoint(quiet_s=SETTLE_S)
        for message in self._memory.unread.of(payload["conversation_id"], "model"):
            self._memory.worker.checkpoint()
            if is_struck(message.content):
                self._memory.unread.remove(message, "model")
                continue
            by_rules = self._by_rules(message)
            try:
                by_model = extraction.extract_with_model(
                    self._chat_model(), message.content, said_at=message.created_at
                )
            except extraction.ExtractionFailed as error:
                log.warning("Extraction by the chat model failed: %s", error)
                self._memory.set_note(EXTRACTION_FAILURE, str(error))
            else:
                self._memory.set_note(EXTRACTION_FAILURE, "")
                self._keep(message, extraction.union(by_rules, by_model)[len(by_rules) :])
            self._memory.unread.remove(message, "model")

    def _by_rules(self, message: Message) -> list[extraction.CandidateFact]:
        """Facts, and what was meant by the request before."""
        candidates = extraction.extract_by_rules(message.content, said_at=message.created_at)
        earlier = [m for m in self._memory.thread(message.conversation_id, message.id) if m.role == "user"][:-1]
        correction = read_correction(
            message.content, unstruck(earlier[-1].content) if earlier else "", said_at=message.created_at
        )
        return [*candidates, correction] if correction is not None else candidates

    def _keep(self, message: Message, candidates: Sequence[extraction.CandidateFact]) -> None:
        persona = self._persona(self._memory.get_conversation(message.conversation_id).persona)
        scope = persona.id if persona.memory_scope == "own" else ""
        if extraction.apply(self._memory, candidates, message, persona=scope):
            self._memory.jobs.enqueue("profile", {}, key="profile")

    def digests(self, payload: dict[str, Any]) -> None:
        """Make the digests of a conversation and of its months anew; without one named, all of them."""
        named = payload.get("conversation_id")
        found = self._memory.find_conversation(named) if named else None
        conversations = [found] if found else [] if named else self._memory.conversations(limit=1_000_000)
        chat_model: Any = self._chat_model()
        writer = None if is_small(chat_model) else chat_model
        months: dict[str, None] = {}
        for conversation in conversations:
            self._memory.worker.checkpoint()
            months |= dict.fromkeys(digests.keep_conversation(self._memory, conversation.id, writer))
        for month in months:
            self._memory.worker.checkpoint()
            digests.keep_month(self._memory, month, writer)

    def title(self, payload: dict[str, Any]) -> None:
        conversation = self._memory.find_conversation(payload["conversation_id"])
        message = self._memory.find_message(payload["message_id"])
        if conversation is None or message is None or conversation.titled_by == "user":
            return
        self._memory.rename_conversation(conversation.id, summaries.title_for(unstruck(message.content)), by="auto")

    def summarise(self, payload: dict[str, Any]) -> None:
        """Fold the oldest turns of a long conversation into its running summary, many at once."""
        conversation = self._memory.find_conversation(payload["conversation_id"])
        if conversation is None:
            return
        chat_model: Any = self._chat_model()
        thread = self._memory.thread(conversation.id)
        before = self._memory.latest_summary(conversation.id, within=[m.id for m in thread])
        covered = before.message_ids if before else ()
        open_messages = [m for m in thread if m.id not in set(covered)]
        window = (chat_model.n_ctx - min(self._settings.max_tokens, chat_model.n_ctx // 4)) * KEEP_SHARE
        keep, filled = 0, 0.0
        for message in reversed(open_messages):
            filled += chat_model.count_tokens(message.block + message.content)
            if filled > window:
                break
            keep += 1
        fold = open_messages[: len(open_messages) - keep]
        while fold and fold[-1].role == "user":
            fold = fold[:-1]
        if not turns_of(fold):
            return
        text = summaries.fold(
            before.content if before else "", fold, chat_model=None if is_small(chat_model) else chat_model
        )
        self._memory.add_summary(conversation.id, text, [*covered, *(m.id for m in fold)])

    def profile(self, payload: dict[str, Any]) -> None:
        """Keep a version of the profile page whenever its facts have changed it."""
        chat_model: Any = self._chat_model()
        if not is_small(chat_model):
            reword(self._memory, chat_model)
        # In one piece: a page that the user writes in between would be taken back.
        with self._memory.store.transaction():
            now, latest = current_profile(self._memory), self._memory.latest_profile()
            if latest is None or now.lines != latest.lines:
                self._memory.add_profile_version(
                    lines=now.lines, hidden_memory_ids=now.hidden_memory_ids, author="facts"
                )
