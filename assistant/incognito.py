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

from assistant.errors import AttuneError
from assistant.prompt import PromptParts
from assistant.running import RunningReply
from assistant.settings import Settings
from assistant.streaming import fit_prompt, reply_tokens, response_of, stream_reply
from assistant.turn import turns_of
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
        reserve = reply_tokens(chat_model, self._settings.max_tokens)
        earlier = [m for m in self.thread(question.conversation_id) if m.id != question.id]
        parts = PromptParts(
            persona=persona,
            text=question.content,
            today=self._clock().astimezone().date(),
            global_rules=self._global_rules,
            turns=tuple(turns_of(earlier)),
        )
        prompt = fit_prompt(parts, chat_model, budget=chat_model.n_ctx - reserve, kept=False)
        streamed = stream_reply(chat_model, prompt, running, started=started, max_tokens=reserve)
        answer = self._message(question.conversation_id, "assistant", streamed.text, persona)
        if question.conversation_id in self._threads:
            self._threads[question.conversation_id].append(answer)
        running.push(
            response_of(streamed, question=question, answer_id=answer.id, chat_model=chat_model, started=started)
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
