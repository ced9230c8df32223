"""Stand-ins that keep the promise of what they stand for: a chat model that says what it is told, an encoder without weights."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from assistant.errors import ChatModelError
from memory.chunking import chunks

Reply = str | Callable[[Sequence[BaseMessage]], str]


class ScriptedChatModel(BaseChatModel):
    """Says `replies` in order, the last one again and again; remembers what it heard. Four characters are a token."""

    replies: list[Any] = Field(default_factory=lambda: ["All right."])
    """Each a text, a function from messages to text, or an exception to raise half-way."""
    delay_s: float = 0.0
    n_ctx: int = 4096
    n_params: int | None = 10_000_000
    is_builtin: bool = False
    can_score: bool = False
    model_name: str = "scripted"

    _heard: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def heard(self) -> list[list[BaseMessage]]:
        return self._heard

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        from langchain_core.language_models.chat_models import generate_from_stream

        return generate_from_stream(self._stream(messages, stop, run_manager, **options))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        **_options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with self._lock:
            reply: Any = self.replies[min(len(self._heard), len(self.replies) - 1)]
            self._heard.append(list(messages))
        error = reply if isinstance(reply, Exception) else None
        text = "half a reply" if error else reply(messages) if callable(reply) else str(reply)
        finish, written = "stop", 0
        for word in re.findall(r"\s*\S+|\s+$", text):
            if cancel is not None and cancel.is_set():
                finish = "cancelled"
                break
            written += 1
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
            if self.delay_s:
                time.sleep(self.delay_s)
        if error:
            raise error
        metadata = {"finish_reason": finish, "prompt_tokens": self.count_messages(messages), "cached_tokens": 0}
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", response_metadata={**metadata, "completion_tokens": written})
        )

    def count_tokens(self, text: str) -> int:
        return (len(text) + 3) // 4

    def count_messages(self, messages: Sequence[BaseMessage]) -> int:
        return sum(4 + self.count_tokens(str(message.content)) for message in messages)

    def log_probability(self, messages: Sequence[BaseMessage], answer: str, **_options: Any) -> Any:
        raise ChatModelError("A scripted model cannot score.")

    def close(self) -> None:
        """Nothing is held."""


class HashEmbeddings:
    """Words hashed into 384 directions: texts that share words are near. Deterministic, and loads nothing."""

    name = "hash"
    dimension = 384
    ready = True
    max_words = 180

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()) or [text]:
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % self.dimension] += 1
            row /= np.linalg.norm(row) or 1.0
        return rows

    def embed_query(self, text: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self.embed_documents([text])[0]
        return row

    def chunks(self, text: str) -> list[str]:
        return chunks(text, count=lambda part: len(re.findall(r"\w+", part)), limit=self.max_words)
