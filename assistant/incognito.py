"""Conversations that leave no trace: kept in this process alone, with no memory read, none written, nothing on disk.

The chat model gets the global rules, the persona and this conversation; no profile, no memories, no learnt rules.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from langchain_core.language_models import BaseChatModel
from ulid import ULID

from assistant.errors import AttuneError, ContextOverflow
from assistant.events import Response, TextChunk, Timings, Tokens
from assistant.prompt import MessageTooLong, PromptParts, build_messages
from assistant.running import RunningReply
from assistant.settings import Settings
from assistant.turn import DECLINES, to_langchain, turns_of
from memory import Message
from personas.persona import Persona

log = logging.getLogger(__name__)

PREFIX = "incognito:"
MAX_KEPT = 4
"""How many are held at once; the oldest is let go."""


def is_incognito(conversation_id: str | None) -> bool:
    return bool(conversation_id and conversation_id.startswith(PREFIX))


class IncognitoConversations:
    """What was said in them, until the process ends, they are let go, or newer ones take their place."""

    def __init__(
        self,
        *,
        settings: Settings,
        chat_model: Callable[[], BaseChatModel],
        global_rules: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._chat_model = chat_model
        self._global_rules = global_rules
        self._clock = clock
        self._threads: OrderedDict[str, list[Message]] = OrderedDict()

    def start(self) -> str:
        identifier = f"{PREFIX}{ULID()}"
        self._threads[identifier] = []
        while len(self._threads) > MAX_KEPT:
            self._threads.popitem(last=False)
        return identifier

    def thread(self, conversation_id: str) -> list[Message]:
        """Its messages, oldest first; none when it is not, or no longer, there."""
        return list(self._threads.get(conversation_id, []))

    def knows(self, conversation_id: str) -> bool:
        return conversation_id in self._threads

    def let_go(self, conversation_id: str) -> None:
        self._threads.pop(conversation_id, None)

    def ask(self, conversation_id: str, text: str, persona: Persona) -> Message:
        """Add what the user typed."""
        question = self._message(conversation_id, "user", text, persona)
        self._threads.setdefault(conversation_id, []).append(question)
        return question

    def write(self, question: Message, persona: Persona, running: RunningReply) -> None:
        """Answer it, on the caller's thread. Every ending is told to `running`."""
        started = time.perf_counter()
        try:
            self._write(question, persona, running, started)
        except AttuneError as error:
            running.finish(error)
        except Exception as error:  # noqa: BLE001 - the thread's door, as in `TurnWriter.write`
            log.error("An incognito reply failed with %s", type(error).__name__)
            running.finish(AttuneError(f"The reply failed ({type(error).__name__}). Try again."))
        else:
            running.finish()

    def _write(self, question: Message, persona: Persona, running: RunningReply, started: float) -> None:
        chat_model: Any = self._chat_model()
        reserve = min(self._settings.max_tokens, chat_model.n_ctx // 4)
        earlier = [m for m in self.thread(question.conversation_id) if m.id != question.id]
        parts = PromptParts(
            persona=persona,
            text=question.content,
            today=self._clock().astimezone().date(),
            global_rules=self._global_rules,
            turns=tuple(turns_of(earlier)),
        )
        try:
            prompt = build_messages(
                parts,
                budget=chat_model.n_ctx - reserve,
                count=lambda messages: chat_model.count_messages(to_langchain(messages)),
            )
        except MessageTooLong as error:
            raise ContextOverflow(
                f"Your message is about {error.tokens:,} tokens and {chat_model.model_name} can read {error.budget:,}. "
                "Send a shorter one, or choose a model with a larger context."
            ) from error
        text = reasoning = ""
        first_token_ms = 0.0
        end: dict[str, Any] = {"prompt_tokens": prompt.tokens, "cached_tokens": 0, "completion_tokens": 0}
        options: dict[str, Any] = {"max_tokens": reserve, "cancel": running.cancel, "purpose": "reply"}
        for chunk in chat_model.stream(to_langchain(prompt.messages), **options):
            thought = chunk.additional_kwargs.get("reasoning_content") or ""
            piece = chunk.content if isinstance(chunk.content, str) else ""
            if (thought or piece) and not first_token_ms:
                first_token_ms = (time.perf_counter() - started) * 1000
            if thought:
                reasoning += thought
                running.push(TextChunk(text=thought, kind="reasoning"))
            if piece:
                text += piece
                running.push(TextChunk(text=piece))
            end |= {k: v for k, v in chunk.response_metadata.items() if k in end}
        answer = self._message(question.conversation_id, "assistant", text.strip(), persona)
        if question.conversation_id in self._threads:
            self._threads[question.conversation_id].append(answer)
        running.push(
            Response(
                text=answer.content,
                conversation_id=question.conversation_id,
                message_id=answer.id,
                user_message_id=question.id,
                memories_used=(),
                model=chat_model.model_name,
                tokens=Tokens(
                    prompt=end["prompt_tokens"], cached=end["cached_tokens"], completion=end["completion_tokens"]
                ),
                timings_ms=Timings(
                    search=0.0, first_token=first_token_ms, total=(time.perf_counter() - started) * 1000
                ),
                stopped=running.cancel.is_set(),
                reasoning=reasoning,
                rules=(),
                declined=bool(chat_model.is_builtin and DECLINES.search(text)),
            )
        )

    def _message(self, conversation_id: str, role: Any, text: str, persona: Persona) -> Message:
        return Message(
            id=str(ULID()),
            conversation_id=conversation_id,
            parent_id=None,
            role=role,
            content=text,
            created_at=self._clock(),
            persona=persona.id,
        )
