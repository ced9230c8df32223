"""The chat model: llama.cpp behind LangChain's `BaseChatModel`. The only module that says `llama_cpp`.

Three contexts over one loaded model: replies own one, background writing another and scoring the third, so that none
evicts another's cache. A reply that is steered has a second one, for its prompt without the personal part, and a reply
that is written beside another has its own while it lasts. One thread computes at a time: background work gives way to a
reply between any two tokens or chunks of its prompt, and two replies take turns at every token. Cancelling is a flag that
is looked at in the same places.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import psutil
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from numpy.typing import NDArray
from pydantic import PrivateAttr

from assistant.chat_template import CHATML, ChatTemplate, TemplateError
from assistant.errors import ChatModelError, ContextOverflow, GrammarUnsupported, ModelTooLarge
from assistant.models import builtin_model_path, check_gguf
from assistant.reasoning import OPEN, ReasoningSplitter, StopStrings
from assistant.settings import Settings
from assistant.steering import steered

log = logging.getLogger(__name__)

CHUNK = 64
"""Tokens evaluated between two looks at the cancel flag."""
DEFAULT_MAX_N_CTX = 8192
"""Many models claim a hundred thousand; the cache for that does not fit beside them."""
BEHIND_N_CTX = {"background": 4096, "scoring": 2048}
"""What nobody waits for -> its tokens. Of scoring a question, its answer and the rules fit; more would only take memory."""
RANDOM_SEED = 0xFFFFFFFF
SMALL_PARAMS = 5e7
"""A model of fewer parameters leaves a core to the page, and gains nothing from more than a few."""
MOST_THREADS_SMALL = 4
ROLES = {"system": "system", "human": "user", "ai": "assistant"}
Purpose = Literal["reply", "beside", "background", "scoring"]
"""What is computed; each has a context of its own. "beside" is a second reply that is written at the same time as the first."""
REPLIES: tuple[Purpose, ...] = ("reply", "beside")
STEERING = {"reply": "steering", "beside": "steering beside"}
"""Purpose of a reply -> the context of its prompt without the personal part."""
TWINS = {"beside": "reply", "steering beside": "steering"}
"""Context that is made for one reply -> the lasting one whose prompt begins as its own does."""


@dataclass(frozen=True, kw_only=True)
class AnswerScore:
    """How likely a given answer was, in natural logarithms."""

    tokens: int
    total: float

    @property
    def mean(self) -> float:
        """Per token, so that a long answer is not worse for being long."""
        return self.total / self.tokens if self.tokens else 0.0


class Cancelled(Exception):
    """The flag was raised. Inside this module only."""


class Turnstile:
    """One computation at a time. Replies go first, in turn; background work lets them through at `give_way`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._replies: deque[object] = deque()
        """Those that wait, the one that came first in front."""

    @contextmanager
    def enter(self, purpose: Purpose) -> Iterator[None]:
        with self._changed:
            self._wait(purpose)
        try:
            yield
        finally:
            self._leave()

    def give_way(self, purpose: Purpose) -> None:
        """Let a reply that waits go first, and come after it."""
        if not self._replies:
            return
        with self._changed:
            self._leave()
            self._wait(purpose)

    def _wait(self, purpose: Purpose) -> None:
        if purpose in REPLIES:
            me = object()
            self._replies.append(me)
            self._changed.wait_for(lambda: not self._busy and self._replies[0] is me)
            self._replies.popleft()
        else:
            self._changed.wait_for(lambda: not self._busy and not self._replies)
        self._busy = True

    def _leave(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()


class _Context:
    """One llama.cpp context and the tokens it has evaluated."""

    def __init__(self, model: Any, *, n_ctx: int, n_threads: int, n_threads_prompt: int) -> None:
        """`n_threads`: for one token after another; `n_threads_prompt`: to read many at once."""
        import llama_cpp
        from llama_cpp._internals import LlamaBatch, LlamaContext

        params = llama_cpp.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = CHUNK
        params.n_threads, params.n_threads_batch = n_threads, n_threads_prompt
        params.no_perf = True
        try:
            self._context = LlamaContext(model=model, params=params, verbose=True)
        except ValueError as error:
            raise ModelTooLarge(
                f"There is no memory for a context of {n_ctx} tokens. Set ATTUNE_N_CTX to a smaller number."
            ) from error
        self._batch = LlamaBatch(n_tokens=CHUNK, embd=0, n_seq_max=1, verbose=True)
        self._n_vocab = model.n_vocab()
        self.n_ctx = n_ctx
        self.tokens: list[int] = []
        self.stale = False
        """What is evaluated is not to be used again."""

    def keep_common(self, tokens: Sequence[int]) -> int:
        """Drop what is evaluated beyond the common beginning with `tokens`; returns how many stay.

        At least the last token is left to evaluate, since its logits are wanted. A model whose state cannot be cut
        (recurrent, hybrid) starts anew.
        """
        if self.stale:
            self.reset()
        keep = 0
        for mine, wanted in zip(self.tokens, tokens[:-1], strict=False):
            if mine != wanted:
                break
            keep += 1
        if keep < len(self.tokens):
            if keep and self._context.kv_cache_seq_rm(0, keep, -1):
                self.tokens = self.tokens[:keep]
            else:
                self.reset()
                keep = 0
        return keep

    def reset(self) -> None:
        self._context.kv_cache_clear()
        self.tokens = []
        self.stale = False

    def take_over(self, other: _Context) -> None:
        """Have evaluated what another context has, without evaluating it again. An empty context that has the room."""
        import llama_cpp

        size = llama_cpp.llama_state_seq_get_size(other._context.ctx, 0)
        state = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(other._context.ctx, state, size, 0)
        if written and llama_cpp.llama_state_seq_set_data(self._context.ctx, state, written, 0):
            self.tokens = list(other.tokens)
        else:
            self.reset()

    def evaluate(self, tokens: Sequence[int], *, all_logits: bool = False) -> NDArray[np.float32] | None:
        """Evaluate at most `CHUNK` tokens after those evaluated. With `all_logits`, logits of each, shape (n, vocab)."""
        self._batch.set_batch(tokens, n_past=len(self.tokens), logits_all=all_logits)
        try:
            self._context.decode(self._batch)
        except RuntimeError as error:
            self.reset()
            raise ChatModelError(f"llama.cpp could not evaluate the prompt ({error}). Try again.") from error
        self.tokens.extend(tokens)
        if not all_logits:
            return None
        rows = [
            np.ctypeslib.as_array(self._context.get_logits_ith(i), shape=(self._n_vocab,)).copy()
            for i in range(len(tokens))
        ]
        return np.stack(rows)

    def sample(self, sampler: Any) -> int:
        return int(sampler.sample(self._context, -1))

    def logits(self) -> NDArray[np.float32]:
        """(vocab,) of the token after those evaluated."""
        return np.ctypeslib.as_array(self._context.get_logits_ith(-1), shape=(self._n_vocab,)).copy()

    def close(self) -> None:
        self._batch.close()
        self._context.close()


class _Steering:
    """The same reply after another prompt, read alongside, and what that takes. See `assistant.steering`."""

    def __init__(self, context: _Context, *, strength: float, n_vocab: int) -> None:
        from llama_cpp._internals import LlamaTokenDataArray

        self._context = context
        self._strength = strength
        self._candidates = LlamaTokenDataArray(n_vocab=n_vocab)
        self.spent_ms = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent_ms += (time.perf_counter() - started) * 1000

    def sample(self, context: _Context, sampler: Any) -> int:
        """The next token of the reply that `context` has evaluated."""
        import llama_cpp

        with self.timed():
            self._candidates.copy_logits(steered(context.logits(), self._context.logits(), self._strength))
        llama_cpp.llama_sampler_apply(sampler.sampler, ctypes.byref(self._candidates.candidates))
        token = int(self._candidates.candidates_data.id[self._candidates.candidates.selected])
        llama_cpp.llama_sampler_accept(sampler.sampler, token)
        return token

    def follow(self, token: int) -> None:
        with self.timed():
            self._context.evaluate([token])


class LlamaChatModel(BaseChatModel):
    """A GGUF file in this process.

    `stream` and `invoke` take, beside LangChain's own arguments: `max_tokens`, `temperature` (0: the likeliest token),
    `top_p`, `seed`, `json_schema` (the reply is JSON of that schema), `cancel` (a `threading.Event`) and `purpose`
    ("reply", "background", or "beside" for a second reply on another thread at the same time). `without` is the same
    prompt without its personal part, which then counts 1 + `strength` times (`assistant.steering`); of replies only, and
    without a schema. The last chunk's `response_metadata` has finish_reason (stop, length or cancelled), prompt_tokens,
    cached_tokens, completion_tokens, first_token_ms, total_ms and steering_ms, which is what reading `without` took of the
    total.
    """

    model_path: Path
    n_ctx: int = 0
    """Tokens that prompt and reply may fill together."""
    n_params: int | None = None
    is_builtin: bool = False
    can_score: bool = True
    can_steer: bool = True
    temperature: float = 0.7
    top_p: float = 0.95
    seed: int | None = None

    _model: Any = PrivateAttr()
    _template: ChatTemplate = PrivateAttr()
    _tokenize: Any = PrivateAttr()
    _contexts: dict[str, _Context] = PrivateAttr(default_factory=dict)
    _turnstile: Turnstile = PrivateAttr(default_factory=Turnstile)
    _starts_thinking: bool = PrivateAttr(default=False)
    _bos: str = PrivateAttr(default="")
    _n_threads: int = PrivateAttr(default=1)
    _cores: int = PrivateAttr(default=1)
    _n_gpu_layers: int = PrivateAttr(default=0)

    def __init__(
        self, *, model_path: Path, n_ctx: int | None = None, n_gpu_layers: int | None = None, **options: Any
    ) -> None:
        """Load the weights. Contexts are made when first used.

        Raises:
            ModelFileMissing, NotAGguf, ModelTooLarge
        """
        super().__init__(model_path=model_path, **options)  # type: ignore[call-arg]
        import llama_cpp
        from llama_cpp._internals import LlamaModel

        check_gguf(model_path)
        _be_quiet()
        llama_cpp.llama_backend_init()
        offload = bool(llama_cpp.llama_supports_gpu_offload())
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = n_gpu_layers if n_gpu_layers is not None else (-1 if offload else 0)
        self._n_gpu_layers = params.n_gpu_layers
        size = model_path.stat().st_size
        free = psutil.virtual_memory().available
        if params.n_gpu_layers == 0 and size > free:
            raise ModelTooLarge(
                f"{model_path.name} takes {size / 2**30:.1f} GiB and {free / 2**30:.1f} GiB of memory are free. "
                "Close other programs, or choose a smaller or more strongly quantised model."
            )
        try:
            self._model = LlamaModel(path_model=str(model_path), params=params, verbose=True)
        except ValueError as error:
            raise ChatModelError(
                f"llama.cpp cannot load {model_path} ({error}). The file may be cut short, or newer than the installed "
                "llama-cpp-python: download it again, or upgrade."
            ) from error
        self.n_params = int(self._model.n_params())
        self._cores = psutil.cpu_count(logical=False) or 2
        self._n_threads = thread_count(self.n_params, self._cores)
        cap = n_ctx or min(self._model.n_ctx_train(), DEFAULT_MAX_N_CTX)
        self.n_ctx = _fitting_n_ctx(self._model, cap, free - size)
        metadata = self._model.metadata()
        self._bos = self._text_of(self._model.token_bos())
        template = metadata.get("tokenizer.chat_template", CHATML)
        self._template = ChatTemplate(template, bos_token=self._bos, eos_token=self._text_of(self._model.token_eos()))
        self._tokenize = lru_cache(maxsize=1024)(self._tokenize_piece)

    # --- what LangChain asks for ----------------------------------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return "attune-llama-cpp"

    @property
    def model_name(self) -> str:
        return self.model_path.stem

    @property
    def device(self) -> str:
        """Where it computes, in words."""
        if self._n_gpu_layers == 0:
            return "on the processor"
        return "on the GPU" if self._n_gpu_layers < 0 else f"{self._n_gpu_layers} layers on the GPU"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        text, reasoning, last = "", "", AIMessageChunk(content="")
        for chunk in self._stream(messages, stop, run_manager, **options):
            last = chunk.message  # type: ignore[assignment]
            text += str(last.content)
            reasoning += last.additional_kwargs.get("reasoning_content", "")
        message = AIMessage(
            content=text,
            additional_kwargs={"reasoning_content": reasoning} if reasoning else {},
            response_metadata=last.response_metadata,
            usage_metadata=last.usage_metadata,
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        purpose: Purpose = "reply",
        max_tokens: int | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        seed: int | None = None,
        json_schema: dict[str, Any] | None = None,
        without: Sequence[BaseMessage] | None = None,
        strength: float = 0.0,
        **_ignored: Any,
    ) -> Iterator[ChatGenerationChunk]:
        started = time.perf_counter()
        tokens, thinking = self._render(messages)
        other = self._render(without)[0] if without is not None and json_schema is None else []
        limit = self._room(max(len(tokens), len(other)), purpose)
        limit = min(limit, max_tokens) if max_tokens else limit
        splitter = ReasoningSplitter(thinking=thinking and json_schema is None)
        stops = StopStrings(marks=tuple(stop or ()))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        sampler = self._sampler(
            temperature=self.temperature if temperature is None else temperature,
            top_p=self.top_p if top_p is None else top_p,
            seed=self.seed if seed is None else seed,
            json_schema=json_schema,
        )
        finish, first_token_ms, cached, written = "length", 0.0, 0, list[int]()
        steering: _Steering | None = None
        try:
            with self._turnstile.enter(purpose):
                context = self._context(purpose, room=len(tokens) + limit)
                cached = context.keep_common(tokens)
                self._prefill(context, tokens[cached:], cancel, purpose)
                if other:
                    steering = self._steering(other, strength, cancel, purpose, room=len(other) + limit)
                while len(written) < limit:
                    self._check(cancel, purpose)
                    token = steering.sample(context, sampler) if steering else context.sample(sampler)
                    first_token_ms = first_token_ms or (time.perf_counter() - started) * 1000
                    if self._is_end(token):
                        finish = "stop"
                        break
                    written.append(token)
                    piece = stops.feed(decoder.decode(self._bytes_of(token)))
                    yield from _chunks(splitter.feed(piece), run_manager)
                    if stops.stopped or is_looping(written):
                        finish = "stop"
                        break
                    context.evaluate([token])
                    if steering:
                        steering.follow(token)
        except Cancelled:
            finish = "cancelled"
            # In turn, because a reply that begins beside this one may be taking over what was read.
            with self._turnstile.enter("reply"):
                for name in (purpose, STEERING.get(purpose, "")):
                    if name in self._contexts:
                        self._contexts[name].reset()
        finally:
            sampler.close()
            if purpose == "beside":
                self._put_away(purpose, STEERING[purpose])
        rest = stops.feed(decoder.decode(b"", final=True)) + stops.end()
        yield from _chunks(splitter.feed(rest), run_manager)
        yield from _chunks(splitter.end(), run_manager)
        usage = UsageMetadata(
            input_tokens=len(tokens), output_tokens=len(written), total_tokens=len(tokens) + len(written)
        )
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata={
                    "finish_reason": finish,
                    "prompt_tokens": len(tokens),
                    "cached_tokens": cached,
                    "completion_tokens": len(written),
                    "first_token_ms": first_token_ms,
                    "total_ms": (time.perf_counter() - started) * 1000,
                    "steering_ms": steering.spent_ms if steering else 0.0,
                },
            )
        )

    # --- what Attune asks for -------------------------------------------------------------------------------------

    def log_probability(
        self,
        messages: Sequence[BaseMessage],
        answer: str,
        *,
        cancel: threading.Event | None = None,
        ended: bool = False,
    ) -> AnswerScore:
        """How likely `answer` is after `messages`. Runs on a context of its own and gives way to replies.

        What consecutive calls share at the beginning of their prompts is evaluated once.

        Args:
            ended: also count the token that ends the reply: how likely the answer is to stop there.

        Raises:
            ContextOverflow: both together are longer than the context.
            ChatModelError: cancelled.
        """
        prefix, _ = self._render(messages)
        ending = list(self._tokenize(answer, False))
        if ended:
            ending.append(self._model.token_eos())
        self._room(len(prefix) + len(ending), "scoring")
        total = 0.0
        try:
            with self._turnstile.enter("scoring"):
                context = self._context("scoring")
                cached = context.keep_common(prefix)
                self._prefill(context, prefix[cached:-1], cancel, "scoring")
                # The last token of the prefix predicts the first of the answer, and so on.
                inputs = [prefix[-1], *ending[:-1]]
                for start in range(0, len(ending), CHUNK):
                    self._check(cancel, "scoring")
                    logits = context.evaluate(inputs[start : start + CHUNK], all_logits=True)
                    assert logits is not None
                    wanted = ending[start : start + CHUNK]
                    top = logits.max(axis=1, keepdims=True)
                    log_sum = top[:, 0] + np.log(np.exp(logits - top, dtype=np.float64).sum(axis=1))
                    total += float((logits[np.arange(len(wanted)), wanted] - log_sum).sum())
        except Cancelled as error:
            self._context("scoring").reset()
            raise ChatModelError("Scoring was cancelled.") from error
        return AnswerScore(tokens=len(ending), total=total)

    def count_tokens(self, text: str) -> int:
        return len(self._tokenize(text, False))

    def count_messages(self, messages: Sequence[BaseMessage]) -> int:
        """Tokens of a prompt as the model's own template renders it."""
        return len(self._render(messages)[0])

    def forget_prompts(self) -> None:
        """Drop what was read of earlier prompts. Not while a reply is being written, which goes on from what it read.

        The context of replies is emptied here; one that background work may be in the midst of, when it is used next.
        """
        self._tokenize.cache_clear()
        with self._turnstile.enter("reply"):
            for name, context in self._contexts.items():
                if name in ("reply", "steering"):
                    context.reset()
                else:
                    context.stale = True

    def close(self) -> None:
        """Free contexts and weights."""
        for context in self._contexts.values():
            context.close()
        self._contexts.clear()
        self._model.close()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _render(self, messages: Sequence[BaseMessage]) -> tuple[list[int], bool]:
        """The prompt's tokens, and whether the template has already opened a reasoning block."""
        rows = [(ROLES.get(message.type, "user"), str(message.content)) for message in messages]
        try:
            pieces = self._template.render(rows)
        except TemplateError as error:
            raise ChatModelError(f"{error} Choose another model.") from error
        tokens: list[int] = []
        if self._model.add_bos_token() and not (pieces and self._bos and pieces[0].text.startswith(self._bos)):
            tokens.append(self._model.token_bos())
        for piece in pieces:
            tokens.extend(self._tokenize(piece.text, piece.is_template))
        return tokens, bool(pieces) and pieces[-1].is_template and pieces[-1].text.rstrip().endswith(OPEN)

    def _tokenize_piece(self, text: str, special: bool) -> tuple[int, ...]:
        return tuple(self._model.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special))

    def _text_of(self, token: int) -> str:
        return "" if token < 0 else str(self._model.token_get_text(token))

    def _bytes_of(self, token: int) -> bytes:
        import llama_cpp

        size = 32
        while True:
            buffer = ctypes.create_string_buffer(size)
            written = llama_cpp.llama_token_to_piece(self._model.vocab, token, buffer, size, 0, False)
            if written >= 0:
                return buffer.raw[:written]
            size = -written

    def _is_end(self, token: int) -> bool:
        import llama_cpp

        return bool(llama_cpp.llama_vocab_is_eog(self._model.vocab, token))

    def _room(self, used: int, purpose: Purpose) -> int:
        n_ctx = self._n_ctx_for(purpose)
        if used >= n_ctx:
            raise ContextOverflow(
                f"The prompt has {used:,} tokens and {self.model_name} can read {n_ctx:,}. Send a shorter message, "
                "begin a new conversation, or set ATTUNE_N_CTX to a larger number if the model allows it."
            )
        return n_ctx - used

    def _n_ctx_for(self, name: str) -> int:
        return min(self.n_ctx, BEHIND_N_CTX.get(name, self.n_ctx))

    def _context(self, name: str, *, room: int = 0) -> _Context:
        """The context of that name, made when it is first wanted: a purpose, or the second one of a reply that is steered.

        One that is for a single reply has room for just that, and begins with what its twin has read.

        Args:
            room: tokens of the prompt and the longest reply.
        """
        if name not in self._contexts:
            twin = self._contexts.get(TWINS.get(name, ""))
            read = len(twin.tokens) if twin else 0
            n_ctx = min(self.n_ctx, max(room, read)) if name in TWINS else self._n_ctx_for(name)
            # Whoever waits for a reply gets all cores while its prompt is read; what nobody waits for does not.
            reading = self._n_threads if name in BEHIND_N_CTX else self._cores
            self._contexts[name] = _Context(
                self._model, n_ctx=n_ctx, n_threads=self._n_threads, n_threads_prompt=reading
            )
            if twin and read:
                self._contexts[name].take_over(twin)
        return self._contexts[name]

    def _put_away(self, *names: str) -> None:
        """Give back the memory of contexts that were made for one reply."""
        with self._turnstile.enter("reply"):
            for name in names:
                if name in self._contexts:
                    self._contexts.pop(name).close()

    def _prefill(
        self, context: _Context, tokens: Sequence[int], cancel: threading.Event | None, purpose: Purpose
    ) -> None:
        for start in range(0, len(tokens), CHUNK):
            self._check(cancel, purpose)
            context.evaluate(tokens[start : start + CHUNK])

    def _steering(
        self, tokens: Sequence[int], strength: float, cancel: threading.Event | None, purpose: Purpose, *, room: int
    ) -> _Steering:
        """The other prompt of a reply, evaluated."""
        context = self._context(STEERING[purpose], room=room)
        steering = _Steering(context, strength=strength, n_vocab=self._model.n_vocab())
        with steering.timed():
            cached = context.keep_common(tokens)
            self._prefill(context, tokens[cached:], cancel, purpose)
        return steering

    def _check(self, cancel: threading.Event | None, purpose: Purpose) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        self._turnstile.give_way(purpose)

    def _sampler(
        self, *, temperature: float, top_p: float, seed: int | None, json_schema: dict[str, Any] | None
    ) -> Any:
        from llama_cpp import LlamaGrammar
        from llama_cpp._internals import LlamaSampler

        sampler = LlamaSampler()
        if json_schema is not None:
            try:
                grammar = LlamaGrammar.from_json_schema(json.dumps(json_schema), verbose=False)
                sampler.add_grammar(self._model, grammar)
            except (ValueError, KeyError, TypeError, AssertionError, ctypes.ArgumentError) as error:
                raise GrammarUnsupported(f"llama.cpp cannot follow this JSON schema ({error}).") from error
        if temperature <= 0:
            sampler.add_greedy()
            return sampler
        sampler.add_penalties(self._model.n_vocab(), 64, 1.05, 0.0, 0.0)
        sampler.add_top_k(40)
        sampler.add_top_p(top_p, 1)
        sampler.add_min_p(0.05, 1)
        sampler.add_temp(temperature)
        sampler.add_dist(RANDOM_SEED if seed is None else seed)
        return sampler


def is_looping(tokens: Sequence[int], *, longest: int = 24, times: int = 4) -> bool:
    """Does the end repeat the same 1 to `longest` tokens `times` times over? Small models fall into that."""
    if len(tokens) < times:
        return False
    for size in range(1, min(longest, len(tokens) // times) + 1):
        pattern = list(tokens[-size:])
        # A row of the same token is an ordinary thing (dots, spaces) until it is long.
        need = times * 4 if len(set(pattern)) == 1 else times
        if len(tokens) >= size * need and list(tokens[-size * need :]) == pattern * need:
            return True
    return False


def _chunks(
    parts: Iterator[tuple[str, str]], run_manager: CallbackManagerForLLMRun | None
) -> Iterator[ChatGenerationChunk]:
    for kind, text in parts:
        if kind == "reasoning":
            yield ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs={"reasoning_content": text}))
            continue
        chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
        if run_manager:
            run_manager.on_llm_new_token(text, chunk=chunk)
        yield chunk


def thread_count(n_params: int, cores: int) -> int:
    """Threads for a model: all cores, but of a small one few. Threads that wait for each other cost a small model more
    than they bring where the page, or anything else, wants the core too."""
    return cores if n_params >= SMALL_PARAMS else min(max(1, cores - 1), MOST_THREADS_SMALL)


def _fitting_n_ctx(model: Any, wanted: int, free_bytes: int) -> int:
    """`wanted`, halved until the contexts' caches fit into half of the free memory; scoring's is small."""
    import llama_cpp

    heads, kv_heads = llama_cpp.llama_model_n_head(model.model), llama_cpp.llama_model_n_head_kv(model.model)
    width = model.n_embd() * kv_heads // max(1, heads)
    bytes_per_token = 2 * 2 * llama_cpp.llama_model_n_layer(model.model) * width
    while wanted > 512 and 2 * wanted * bytes_per_token > max(0, free_bytes) / 2:
        wanted //= 2
    return wanted


_quiet_callback: Any = None


def _be_quiet() -> None:
    """llama.cpp tells stderr everything; only what goes wrong is wanted, and that arrives as an error."""
    global _quiet_callback
    if _quiet_callback is None:
        import llama_cpp

        _quiet_callback = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(_quiet_callback, ctypes.c_void_p(0))


def check_model(settings: Settings) -> None:
    """Is the model of the settings there, without loading it?

    Raises:
        ModelFileMissing, NotAGguf: the file. RemoteUnavailable: the `remote` extra or the address is missing.
    """
    if settings.is_remote:
        from assistant.remote_model import check_remote

        check_remote(settings)
    else:
        check_gguf(Path(settings.model).expanduser() if settings.model else builtin_model_path())


def load_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model of the settings, ready to answer."""
    if settings.is_remote:
        from assistant.remote_model import load_remote

        return load_remote(settings)
    builtin = not settings.model
    path = builtin_model_path() if builtin else Path(settings.model).expanduser()
    default_temperature = 0.0 if builtin else 0.7
    return LlamaChatModel(
        model_path=path,
        n_ctx=settings.n_ctx,
        n_gpu_layers=settings.n_gpu_layers,
        is_builtin=builtin,
        temperature=default_temperature if settings.temperature is None else settings.temperature,
        top_p=settings.top_p,
        seed=settings.seed,
    )
