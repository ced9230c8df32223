"""From a prompt's parts to a streamed reply: fits the prompt, reads the chat model's chunks, counts tokens and time.

Knows the chat model and the reply's queue of events; nothing of what is remembered or stored.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistant.errors import ContextOverflow
from assistant.events import Response, TextChunk, Timings, Tokens, UsedMemory
from assistant.prompt import MessageTooLong, Prompt, PromptMessage, PromptParts, build_messages
from assistant.running import RunningReply
from memory import Message

GROW_EVERY_S = 0.25
"""A kill loses at most this much of a reply."""
DECLINES = re.compile(r"\bsmall built-in model\b", re.IGNORECASE)


def to_langchain(messages: Sequence[PromptMessage]) -> list[BaseMessage]:
    kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
    return [kinds[m.role](content=m.content) for m in messages]


def reply_tokens(chat_model: Any, most: int) -> int:
    """Tokens of the context that are kept for the reply."""
    return int(min(most, chat_model.n_ctx // 4))


def fit_prompt(parts: PromptParts, chat_model: Any, *, budget: int, kept: bool) -> Prompt:
    """The prompt that fits in `budget` tokens.

    Args:
        kept: the question is stored, which the error says.

    Raises:
        ContextOverflow: the question alone is too long.
    """
    try:
        return build_messages(
            parts, budget=budget, count=lambda messages: chat_model.count_messages(to_langchain(messages))
        )
    except MessageTooLong as error:
        raise ContextOverflow(
            f"Your message is about {error.tokens:,} tokens and {chat_model.model_name} can read {error.budget:,}. "
            f"{'It is saved. ' if kept else ''}Send a shorter one, or choose a model with a larger context."
        ) from error


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """A reply as the chat model gave it, whole or stopped."""

    text: str
    reasoning: str
    tokens: Tokens
    first_token_ms: float
    stopped: bool
    steering_ms: float = 0.0


def stream_reply(
    chat_model: Any,
    prompt: Prompt,
    running: RunningReply,
    *,
    started: float,
    grow: Callable[[str], None] = lambda text: None,
    beside: str = "",
    purpose: str = "reply",
    **options: Any,
) -> Streamed:
    """Read the chat model's chunks into `running` until it ends or is stopped.

    Args:
        started: `time.perf_counter()` when the turn began; the first token's time counts from there.
        grow: told the text so far, every `GROW_EVERY_S` seconds, and when the chat model fails.
        beside: the answer's identifier, when another is written at the same time.
        purpose: what the chat model takes it for; "beside" for the second of two.
        options: `max_tokens`, and more if wished, for the chat model.
    """
    text = reasoning = ""
    first_token_ms = 0.0
    end: dict[str, Any] = {
        "prompt_tokens": prompt.tokens,
        "cached_tokens": 0,
        "completion_tokens": 0,
        "steering_ms": 0.0,
    }
    grown_at = time.perf_counter()
    try:
        for chunk in chat_model.stream(
            to_langchain(prompt.messages), cancel=running.cancel, purpose=purpose, **options
        ):
            thought = chunk.additional_kwargs.get("reasoning_content") or ""
            piece = chunk.content if isinstance(chunk.content, str) else ""
            if (thought or piece) and not first_token_ms:
                first_token_ms = (time.perf_counter() - started) * 1000
            if thought:
                reasoning += thought
                running.push(TextChunk(text=thought, kind="reasoning", message_id=beside))
            if piece:
                text += piece
                running.push(TextChunk(text=piece, message_id=beside))
                if time.perf_counter() - grown_at >= GROW_EVERY_S:
                    grow(text)
                    grown_at = time.perf_counter()
            end |= {k: v for k, v in chunk.response_metadata.items() if k in end}
    except BaseException:
        grow(text)
        raise
    stopped = running.cancel.is_set()
    return Streamed(
        text=text if stopped else text.strip(),
        reasoning=reasoning,
        tokens=Tokens(prompt=end["prompt_tokens"], cached=end["cached_tokens"], completion=end["completion_tokens"]),
        first_token_ms=first_token_ms,
        stopped=stopped,
        steering_ms=end["steering_ms"],
    )


def response_of(
    streamed: Streamed,
    *,
    question: Message,
    answer_id: str,
    chat_model: Any,
    started: float,
    search_ms: float = 0.0,
    memories_used: tuple[UsedMemory, ...] = (),
    rules: tuple[str, ...] = (),
) -> Response:
    """The event that ends a reply."""
    return Response(
        text=streamed.text,
        conversation_id=question.conversation_id,
        message_id=answer_id,
        user_message_id=question.id,
        memories_used=memories_used,
        model=chat_model.model_name,
        tokens=streamed.tokens,
        timings_ms=Timings(
            search=search_ms,
            first_token=streamed.first_token_ms,
            total=(time.perf_counter() - started) * 1000,
            steering=streamed.steering_ms,
        ),
        stopped=streamed.stopped,
        reasoning=streamed.reasoning,
        rules=rules,
        declined=bool(chat_model.is_builtin and DECLINES.search(streamed.text)),
    )
