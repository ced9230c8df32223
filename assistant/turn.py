"""Writes one reply: search, prompt, stream, store. The only place where memory, prompt and chat model meet.

Knows nothing of pages or terminals, and waits for no learning: what is learnt from the turn is queued by the caller.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from langchain_core.language_models import BaseChatModel

from assistant import digests, recall
from assistant.audience import Axis, starter_rules
from assistant.errors import AttuneError, ContextOverflow
from assistant.events import AnswerFailed, SideBySide, UsedMemory
from assistant.profile import current_profile, profile_lines_for_prompt, standing_rules
from assistant.prompt import Prompt, PromptParts, Turn, block_text, impersonal, without_forgotten
from assistant.refinement import retrieve_prompt
from assistant.running import RunningReply
from assistant.settings import Settings
from assistant.streaming import Streamed, fit_prompt, reply_tokens, response_of, stream_reply, to_langchain
from assistant.timeline import coming_up
from memory import (
    Memory,
    MemoryManager,
    MemoryStoreError,
    Message,
    MessageUse,
    ProfileLine,
    Rule,
    SearchHit,
    Summary,
    why,
)
from memory.forgetting import is_struck, unstruck
from personas.persona import Persona

log = logging.getLogger(__name__)

SEARCH_LIMIT = 16
SMALL_MODEL_PARAMS = 5e8
"""Below this a model copies and follows short rules, but cannot sift long or contradictory memories, or write JSON."""
MEMORIES_PER_TURN = {"off": 0, "light": 3, "full": 10}
MEMORIES_SMALL_MODEL = 5


def is_small(chat_model: Any) -> bool:
    """A model that has no known size is a server's, and counts as large."""
    return chat_model.n_params is not None and chat_model.n_params < SMALL_MODEL_PARAMS


def turns_of(thread: Sequence[Message], covered: Sequence[str] = ()) -> list[Turn]:
    """Question and answer pairs of a branch, oldest first. Leaves out what a summary covers, answers that failed, and the
    sentences that lost words to forgetting; of a pair that has nothing left on one side, both."""
    skip = set(covered)
    turns: list[Turn] = []
    question: Message | None = None
    for message in thread:
        if message.id in skip:
            continue
        if message.role == "user":
            question = message
        elif message.role == "assistant" and question is not None and message.content.strip():
            asked, told = unstruck(question.content), unstruck(message.content)
            if asked.strip() and told.strip():
                turns.append(Turn(role="user", content=asked, block=without_forgotten(question.block)))
                turns.append(Turn(role="assistant", content=told))
            question = None
    return turns


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Rules that one answer is written with, to see whether it is liked."""

    candidate_id: str
    text: str
    """What is tried, in words."""
    rules: tuple[Rule, ...]
    """The learned rules for this answer, instead of those in force."""
    topic_rules: tuple[str, ...] = ()
    """Rules that stand before the question, where they cost no evaluated prefix."""


@dataclass(frozen=True, kw_only=True)
class TurnRequest:
    """All that one reply needs to know before anything can fail."""

    question: Message
    answer: Message
    """The reply's row: exists, empty, `streaming`."""
    persona: Persona
    hidden_personas: frozenset[str] = frozenset()
    """Personas that keep their memories to themselves: their conversations are not searched here."""
    personal: bool = True
    may_compare: bool = False
    """May another answer be written beside it, when there is a rule to try?"""
    fresh_wording: bool = False
    """A regeneration: sample, so that the second try is another one."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What a prompt is made of beside the question."""

    thread: Sequence[Message]
    """The branch before the question."""
    summary: Summary | None
    hits: Sequence[SearchHit]
    search_ms: float


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A prompt, and what it was made of."""

    prompt: Prompt
    parts: PromptParts
    uses: list[MessageUse]
    rules: tuple[str, ...]
    """Those in force."""


class TurnWriter:
    """Writes replies, one at a time, on the caller's thread, or two answers to one message side by side."""

    def __init__(
        self,
        *,
        memory: MemoryManager,
        settings: Settings,
        chat_model: Callable[[], BaseChatModel],
        global_rules: str,
        trial: Callable[[str, str], Trial | None] = lambda _question, _persona: None,
    ) -> None:
        """`trial` hands out the rules to try on a persona's answer to a question, if any."""
        self._memory = memory
        self._settings = settings
        self._chat_model = chat_model
        self._global_rules = global_rules
        self._trial = trial

    def write(self, request: TurnRequest, running: RunningReply) -> None:
        """Fill the reply's row and tell `running`. Every ending is stored: complete, stopped or failed."""
        started = time.perf_counter()
        try:
            with self._memory.worker.paused():
                self._write(request, running, started)
        except Exception as error:  # noqa: BLE001 - the thread's door: an unforeseen fault must reach the reader, not hang it
            try:
                self._keep_failed(request.answer, error)
            finally:
                running.finish(_told(error))
        else:
            running.finish()

    def without_knowing(self, request: TurnRequest) -> str:
        """The reply to the same question with nothing personal in its prompt, neither memory nor rule. Stores nothing."""
        chat_model: Any = self._chat_model()
        thread = self._memory.thread(request.question.conversation_id, request.question.id)[:-1]
        reserve = min(self._settings.max_tokens, chat_model.n_ctx // 4)
        with self._memory.worker.paused():
            found = _Found(thread=thread, summary=None, hits=(), search_ms=0.0)
            made = self._prompt(replace(request, personal=False), chat_model, found, chat_model.n_ctx - reserve)
            return str(chat_model.invoke(to_langchain(made.prompt.messages), max_tokens=reserve).content)

    def _keep_failed(self, answer: Message, error: Exception) -> None:
        """What was written of an answer that failed stays, and so does the reason if it would fail again."""
        partial = self._memory.get_message(answer.id).content
        failure = str(error) if isinstance(error, ContextOverflow) else ""
        self._memory.finish_message(answer.id, content=partial, status="failed", failure=failure)

    def _write(self, request: TurnRequest, running: RunningReply, started: float) -> None:
        chat_model: Any = self._chat_model()
        found = self._find(request, started)
        budget = chat_model.n_ctx - reply_tokens(chat_model, self._settings.max_tokens)
        may_try = request.personal and self._settings.personalization != "off"
        trial = self._trial(request.question.content, request.persona.id) if may_try else None
        made = self._prompt(request, chat_model, found, budget, trial)
        if trial is not None and request.may_compare:
            plain = self._prompt(request, chat_model, found, budget)
            if plain.prompt.messages != made.prompt.messages:
                self._write_two(request, plain, made, running, started, found.search_ms)
                return
        self._memory.set_block(request.question.id, made.prompt.block)
        self._answer(request, made, running, started, found.search_ms)

    def _write_two(
        self, request: TurnRequest, plain: _Made, tried: _Made, running: RunningReply, started: float, search_ms: float
    ) -> None:
        """The answer as it would be anyway and, on a thread of its own, the one that tries something. One that fails
        leaves the other alone; the reply has failed when both have."""
        self._memory.set_block(request.question.id, plain.prompt.block)
        beside = replace(request, answer=self._open_beside(request))
        running.push(SideBySide(message_ids=(request.answer.id, beside.answer.id)))
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="attune-beside") as thread:
            second = thread.submit(self._one_of_two, beside, tried, running, started, search_ms, purpose="beside")
            first_error = self._one_of_two(request, plain, running, started, search_ms, purpose="reply")
            second_error = second.result()
        if first_error is not None and second_error is not None:
            raise first_error
        for answer, error in ((request.answer, first_error), (beside.answer, second_error)):
            if error is not None:
                running.push(AnswerFailed(message_id=answer.id, why=str(error)))
        written = self._memory.get_message(request.answer.id).content.strip()
        if first_error is not None or (not written and self._memory.get_message(beside.answer.id).content.strip()):
            self._memory.set_active_leaf(request.question.conversation_id, beside.answer.id)

    def _open_beside(self, request: TurnRequest) -> Message:
        """The row of a second answer. The first stays the one that the conversation goes on with."""
        with self._memory.store.transaction():
            opened = self._memory.add_message(
                request.question.conversation_id,
                role="assistant",
                content="",
                parent_id=request.question.id,
                persona=request.persona.id,
                status="streaming",
                prompt_version_id=request.answer.prompt_version_id,
            )
            self._memory.set_active_leaf(request.question.conversation_id, request.answer.id)
            self._memory.refinements.add_comparison(request.answer.id, opened.id)
        return opened

    def _one_of_two(
        self,
        request: TurnRequest,
        made: _Made,
        running: RunningReply,
        started: float,
        search_ms: float,
        *,
        purpose: str,
    ) -> Exception | None:
        """One of two answers; what went wrong, if anything did."""
        try:
            self._answer(request, made, running, started, search_ms, beside=request.answer.id, purpose=purpose)
        except Exception as error:  # noqa: BLE001 - the door of its thread, as in `write`
            self._keep_failed(request.answer, error)
            return _told(error)
        return None

    def _answer(
        self, request: TurnRequest, made: _Made, running: RunningReply, started: float, search_ms: float, **how: str
    ) -> None:
        """One answer, from its prompt to its finished row. `how`: what `stream_reply` needs for one of two."""
        chat_model: Any = self._chat_model()
        reserve = reply_tokens(chat_model, self._settings.max_tokens)
        self._memory.record_uses(request.answer.id, made.uses)

        options: dict[str, Any] = {"max_tokens": reserve, **how}
        if request.fresh_wording:
            options |= {"temperature": max(0.8, self._settings.temperature or 0.0), "seed": None}
        options |= self._steering(made, chat_model, chat_model.n_ctx - reserve)
        streamed = stream_reply(
            chat_model,
            made.prompt,
            running,
            started=started,
            grow=lambda text: self._memory.grow_message(request.answer.id, text),
            **options,
        )
        if streamed.steering_ms:
            steered = MessageUse(item_type="steering", item_id="steering", text=self._in_words(streamed, started))
            self._memory.record_uses(request.answer.id, [*made.uses, steered])
        self._memory.finish_message(
            request.answer.id,
            content=streamed.text,
            status="stopped" if streamed.stopped else "complete",
            reasoning=streamed.reasoning,
            prompt_tokens=streamed.tokens.prompt,
            cached_tokens=streamed.tokens.cached,
            completion_tokens=streamed.tokens.completion,
            duration_ms=(time.perf_counter() - started) * 1000,
            model=chat_model.model_name,
        )
        log.info("Reply of %d characters", len(streamed.text))
        running.push(
            response_of(
                streamed,
                question=request.question,
                answer_id=request.answer.id,
                chat_model=chat_model,
                started=started,
                search_ms=search_ms,
                memories_used=used_memories(self._memory, made.uses),
                rules=made.rules,
            )
        )

    def _find(self, request: TurnRequest, started: float) -> _Found:
        thread = self._memory.thread(request.question.conversation_id, request.question.id)[:-1]
        summary = self._memory.latest_summary(request.question.conversation_id, within=[m.id for m in thread])
        hits = self._search(request, thread, summary) if request.personal else []
        search_ms = (time.perf_counter() - started) * 1000
        return _Found(thread=thread, summary=summary, hits=hits, search_ms=search_ms)

    def _steering(self, made: _Made, chat_model: Any, budget: int) -> dict[str, Any]:
        """What the chat model needs to scale the influence of what is known of the user; nothing where that is off, where
        nothing is known, or where the model cannot."""
        if not self._settings.steering or not getattr(chat_model, "can_steer", False):
            return {}
        same_turns = made.parts.turns[len(made.parts.turns) - made.prompt.turns_used :]
        without = fit_prompt(impersonal(replace(made.parts, turns=same_turns)), chat_model, budget=budget, kept=True)
        if without.messages == made.prompt.messages:
            return {}
        return {"without": to_langchain(without.messages), "strength": self._settings.steering}

    def _in_words(self, streamed: Streamed, started: float) -> str:
        total = (time.perf_counter() - started) * 1000
        times = f"{1 + self._settings.steering:g} times"
        return f"What is known of you counted {times}, which took {streamed.steering_ms:.0f} of {total:.0f} ms."

    def _search(self, request: TurnRequest, thread: Sequence[Message], summary: Summary | None) -> list[SearchHit]:
        folded = set(summary.message_ids) if summary else set()
        in_window = [m.id for m in thread if m.id not in folded]
        asked = unstruck(request.question.content)
        earlier = [unstruck(m.content) for m in thread if m.role == "user"][-2:]
        replaced = self._memory.edited_away([*thread, request.question])
        own = request.persona.memory_scope == "own"
        return self._memory.search(
            asked,
            constructed=recall.construct_query(asked, earlier),
            limit=SEARCH_LIMIT,
            persona=request.persona.id if own else None,
            exclude_message_ids=[request.question.id, request.answer.id, *in_window, *replaced],
            exclude_personas=request.hidden_personas,
        )

    def _prompt(
        self,
        request: TurnRequest,
        chat_model: Any,
        found: _Found,
        budget: int,
        trial: Trial | None = None,
    ) -> _Made:
        """The prompt of an answer; with `trial`, one that tries its rules."""
        thread, summary, hits = found.thread, found.summary, found.hits
        small = is_small(chat_model)
        strength = self._settings.personalization if request.personal else "off"
        now = self._memory.clock()
        limit = MEMORIES_PER_TURN[strength]
        chosen = recall.choose_memories(
            hits,
            now=now,
            small_model=small,
            limit=min(limit, MEMORIES_SMALL_MODEL) if small else limit,
            read=self._memory.read_messages([hit.item.id for hit in hits]),
        )
        if strength != "off" and not thread:
            chosen = self._with_what_is_near(chosen, now.astimezone().date())
        if strength == "full":
            chosen = self._with_digest(chosen, request.question.content, hidden=request.hidden_personas)
        profile: tuple[ProfileLine, ...] = ()
        learned = self._memory.current_prompt()
        rules: tuple[str, ...] = ()
        used: list[Rule] = []
        starters: dict[Axis, str] = {}
        if strength != "off":
            importance = {memory.id: memory.importance for memory in self._memory.memories()}
            profile = profile_lines_for_prompt(current_profile(self._memory), strength, importance)
            asked_for = self._memory.memories(kind="procedural")
            rules = standing_rules([rule for rule in asked_for if rule.persona in ("", request.persona.id)])
            learned_here = (
                retrieve_prompt(learned.rules, request.question.content, request.persona.id) if learned else ()
            )
            mine = trial.rules if trial else learned_here
            # What is tried may take the place of a rule in force; its own words stand as the trial.
            used = [rule for rule in learned_here if any(other.id == rule.id for other in mine)]
            rules += tuple(rule.text for rule in mine if rule.enabled and rule.text not in rules)
            starters = starter_rules(self._settings, (*rules, *(trial.topic_rules if trial else ())))
            rules = (*starters.values(), *rules)
        parts = PromptParts(
            persona=request.persona,
            text=unstruck(request.question.content) or request.question.content,
            today=now.astimezone().date(),
            global_rules=self._global_rules,
            rules=rules,
            profile=tuple(line.text for line in profile),
            summary=summary.content if summary else "",
            turns=tuple(turns_of(thread, summary.message_ids if summary else ())),
            memories=tuple(line for _, line in chosen),
            topic_rules=trial.topic_rules if trial else (),
        )
        if strength == "off":
            parts = impersonal(parts)
        prompt = fit_prompt(parts, chat_model, budget=budget, kept=True)
        if prompt.turns_used < len(parts.turns):
            self._memory.jobs.enqueue(
                "summarise",
                {"conversation_id": request.question.conversation_id},
                key=f"summarise:{request.question.conversation_id}",
            )
        uses = [
            MessageUse(
                item_type="memory" if isinstance(hit.item, Memory) else "message",
                item_id=hit.item.id,
                text=line,
                score=hit.score,
                why=why.written(hit.why),
            )
            for hit, line in chosen[: prompt.memories_used]
        ]
        already = {use.item_id for use in uses}
        for line in profile[: prompt.profile_used]:
            item_id = line.memory_ids[0] if line.memory_ids else ""
            if item_id not in already:
                uses.append(MessageUse(item_type="profile", item_id=item_id, text=line.text))
        topics = {rule.id: f" (for {rule.topic})" for rule in (learned.rules if learned else ()) if rule.topic}
        uses += [MessageUse(item_type="rule", item_id=r.id, text=f"{r.text}{topics.get(r.id, '')}") for r in used]
        uses += [
            MessageUse(item_type="rule", item_id=f"starter:{axis}", text=f"{text} (your choice to begin with)")
            for axis, text in starters.items()
        ]
        if trial is not None:
            uses.append(MessageUse(item_type="trial", item_id=trial.candidate_id, text=trial.text))
            # A trial is for one answer: the next turn's prompt does not know of it.
            block = block_text(parts.today, parts.memories[: prompt.memories_used])
            prompt = replace(prompt, block=block)
        return _Made(prompt=prompt, parts=parts, uses=uses, rules=rules)

    def _is_hidden(self, item: Memory | Message, hidden: frozenset[str]) -> bool:
        """Does it belong to a persona that keeps its own memory?"""
        if isinstance(item, Memory):
            return item.persona in hidden
        return bool(hidden) and self._memory.get_conversation(item.conversation_id).persona in hidden

    def _with_digest(
        self, chosen: list[tuple[SearchHit, str]], question: str, hidden: frozenset[str]
    ) -> list[tuple[SearchHit, str]]:
        """A question about a time ("what was I busy with in March?") brings the digest of that time first."""
        brought: list[tuple[SearchHit, str]] = []
        for text, line in digests.lines_for(self._memory, question):
            item = self._memory.find(line.cites[0]) or self._memory.find_message(line.cites[0])
            if item is not None and not self._is_hidden(item, hidden):
                brought.append((SearchHit(item=item, score=1.0, source="bm25"), text))
        ids = {hit.item.id for hit, _ in brought}
        return [*brought, *((hit, line) for hit, line in chosen if hit.item.id not in ids)]

    def _with_what_is_near(self, chosen: list[tuple[SearchHit, str]], today: date) -> list[tuple[SearchHit, str]]:
        """A conversation opens with the plans and birthdays of the next days, before what was searched for."""
        dated = [*self._memory.memories(attribute="birthday"), *self._memory.memories(attribute="plan")]
        near = coming_up([m for m in dated if not m.persona and not is_struck(m.content)], today)
        ids = {memory.id for memory, _ in near}
        return [
            *((SearchHit(item=memory, score=1.0, source="bm25"), line) for memory, line in near),
            *((hit, line) for hit, line in chosen if hit.item.id not in ids),
        ]


def _told(error: Exception) -> Exception:
    """The error as the reader is told of it."""
    if isinstance(error, AttuneError | MemoryStoreError):
        return error
    log.error("A reply failed with %s", type(error).__name__)
    return AttuneError(f"The reply failed ({type(error).__name__}: {error}). Try again.")


def used_memories(memory: MemoryManager, uses: Sequence[MessageUse]) -> tuple[UsedMemory, ...]:
    """What an answer was given with, each with its source, without rules and what was forgotten since."""
    found = []
    for use in uses:
        if use.item_type in ("rule", "steering") or is_struck(use.text):
            continue
        source: str | None = None
        created_at = None
        if use.item_type == "message":
            message = memory.find_message(use.item_id)
            if message is None:
                continue
            source, created_at = message.id, message.created_at
        elif use.item_id:
            fact = memory.find(use.item_id)
            if fact is None:
                continue
            source, created_at = fact.source_message_id, fact.created_at
        found.append(
            UsedMemory(
                id=use.item_id,
                type=use.item_type,
                content=use.text,
                score=use.score,
                why=why.read(use.why),
                source_message_id=source,
                created_at=created_at,
            )
        )
    return tuple(found)
