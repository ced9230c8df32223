"""The door to a chat model on a server that speaks OpenAI's protocol: llama-server, vLLM, Ollama, LM Studio and the like.

Connects to nothing but the address that the user set. Such servers do not tell the log-probability of a given
answer, so a remote model cannot score.
"""

from __future__ import annotations

import importlib.util
import math
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from assistant.errors import RemoteUnavailable
from assistant.reasoning import ReasoningSplitter
from assistant.settings import Settings
from memory.loading import ENGINE_IMPORTS

CHARACTERS_PER_TOKEN = 3.0
"""Low on purpose: a prompt guessed too long is cut early, one guessed too short is refused by the server."""
TOKENS_PER_MESSAGE = 6
DEFAULT_N_CTX = 8192


class RemoteChatModel(BaseChatModel):
    """The same face as `LlamaChatModel`, over HTTP. Tokens are estimated; `n_params` is unknown."""

    name_on_server: str
    base_url: str
    n_ctx: int = DEFAULT_N_CTX
    n_params: int | None = None
    is_builtin: bool = False
    can_score: bool = False

    _inner: Any = PrivateAttr()

    def __init__(self, *, inner: BaseChatModel, **fields: Any) -> None:
        super().__init__(**fields)
        self._inner = inner

    @property
    def _llm_type(self) -> str:
        return "attune-remote"

    @property
    def model_name(self) -> str:
        return self.name_on_server

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
        json_schema: dict[str, Any] | None = None,
        purpose: str = "reply",
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        from openai import OpenAIError

        wanted = {
            k: v for k, v in options.items() if k in ("max_tokens", "temperature", "top_p", "seed") and v is not None
        }
        if json_schema is not None:
            schema = {"name": "reply", "schema": json_schema}
            wanted["response_format"] = {"type": "json_schema", "json_schema": schema}
        splitter = ReasoningSplitter()
        finish, written = "stop", 0
        try:
            for chunk in self._inner.stream(messages, stop=stop, **wanted):
                thought = chunk.additional_kwargs.get("reasoning_content")
                if thought:
                    yield _reasoning(thought)
                written += bool(chunk.content)
                for kind, text in splitter.feed(str(chunk.content)):
                    yield _reasoning(text) if kind == "reasoning" else _answer(text)
                finish = chunk.response_metadata.get("finish_reason") or finish
                if cancel is not None and cancel.is_set():
                    finish = "cancelled"
                    break
            for kind, text in splitter.end():
                yield _reasoning(text) if kind == "reasoning" else _answer(text)
        except OpenAIError as error:
            raise RemoteUnavailable(
                f"The server at {self.base_url} did not answer ({type(error).__name__}: {error}). Is it running, is "
                f"“{self.name_on_server}” one of its models, and is the key right (ATTUNE_API_KEY)?"
            ) from error
        metadata = {
            "finish_reason": finish,
            "prompt_tokens": self.count_messages(messages),
            "completion_tokens": written,
        }
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", response_metadata={**metadata, "cached_tokens": 0})
        )

    def count_tokens(self, text: str) -> int:
        """An estimate: the server does not say."""
        return math.ceil(len(text) / CHARACTERS_PER_TOKEN)

    def count_messages(self, messages: Sequence[BaseMessage]) -> int:
        return sum(TOKENS_PER_MESSAGE + self.count_tokens(str(message.content)) for message in messages)

    def close(self) -> None:
        """Nothing is held."""


def _answer(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))


def _reasoning(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs={"reasoning_content": text}))


def check_remote(settings: Settings) -> None:
    """Is what a remote model needs there? Connects to nothing.

    Raises:
        RemoteUnavailable
    """
    if importlib.util.find_spec("langchain_openai") is None:
        raise RemoteUnavailable('A remote model needs one more package. Run `python -m pip install "attune[remote]"`.')
    if not settings.base_url:
        raise RemoteUnavailable(
            "A remote model needs the address of its server. Set ATTUNE_BASE_URL, for example http://127.0.0.1:8080/v1."
        )


def load_remote(settings: Settings) -> RemoteChatModel:
    check_remote(settings)
    with ENGINE_IMPORTS:
        from langchain.chat_models import init_chat_model
        from langchain_openai import ChatOpenAI  # noqa: F401 - init_chat_model imports it later, without the lock

    name = settings.model.removeprefix("openai:")
    inner = init_chat_model(
        name,
        model_provider="openai",
        base_url=settings.base_url,
        api_key=settings.api_key or "none",
        temperature=0.7 if settings.temperature is None else settings.temperature,
        max_retries=1,
        use_responses_api=False,
    )
    return RemoteChatModel(
        inner=inner, name_on_server=name, base_url=settings.base_url, n_ctx=settings.n_ctx or DEFAULT_N_CTX
    )
