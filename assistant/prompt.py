"""Builds the messages that a chat model reads. Pure: no database, no model, no clock; the token counter is handed in.

The order is a performance decision: llama.cpp reuses the evaluated prefix, so what is stable comes first and
what changes every turn comes last.

    system   persona · global rules · standing rules · profile · summary of folded turns     changes rarely
    history  earlier turns, each with the block it was answered with                         grows at the end
    user     [date, retrieved memories, rules for this topic] + the new text                 changes every turn
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Literal

from memory.dates import long_date
from memory.forgetting import is_struck
from personas.persona import Persona

PROFILE_SHARE = 0.25
"""At most this share of the budget goes to profile lines, and at most `PROFILE_TOKENS` of them."""
PROFILE_TOKENS = 500
MEMORY_SHARE = 0.25
"""At most this share of the budget goes to the memory block of the new message."""
SUMMARY_SHARE = 0.2
"""At most this share goes to the running summary; its oldest lines go first, and stay findable as messages."""
MEMORIES = "Memories:"
TOPIC_RULES = "Rules for this answer:"


@dataclass(frozen=True, kw_only=True)
class PromptMessage:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """An earlier message, with the block it was rendered with (user turns only)."""

    role: Literal["user", "assistant"]
    content: str
    block: str = ""


@dataclass(frozen=True, kw_only=True)
class PromptParts:
    """All that a prompt is made of. Every sequence is ordered most useful first, except `turns`: oldest first."""

    persona: Persona
    text: str
    today: date | None = None
    global_rules: str = ""
    rules: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    summary: str = ""
    turns: tuple[Turn, ...] = ()
    memories: tuple[str, ...] = ()
    topic_rules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    messages: tuple[PromptMessage, ...]
    block: str
    """The block rendered before the new text; stored with the message."""
    memories_used: int
    """How many of `PromptParts.memories` fitted, from the first."""
    profile_used: int
    turns_used: int
    """How many of the newest turns fitted."""
    tokens: int


class MessageTooLong(ValueError):
    """The new text alone does not fit the budget. `tokens` needed, `budget` tokens available."""

    def __init__(self, tokens: int, budget: int) -> None:
        self.tokens, self.budget = tokens, budget
        super().__init__(f"The message needs {tokens} tokens and the model can read {budget}.")


Counter = Callable[[Sequence[PromptMessage]], int]
"""Tokens of a list of messages as the chat model's own template renders it."""


def system_text(
    persona: Persona,
    global_rules: str = "",
    rules: Sequence[str] = (),
    profile: Sequence[str] = (),
    summary: str = "",
) -> str:
    """The system message. Sections that are empty are left out."""
    parts = [f"You are {persona.name}. {persona.system_prompt.strip()}".strip()]
    if global_rules.strip():
        parts.append(global_rules.strip())
    if persona.examples:
        parts.append(
            "How you speak:\n" + "\n".join(f"User: {e.user}\n{persona.name}: {e.assistant}" for e in persona.examples)
        )
    everyone = (*persona.style, *rules)
    if everyone:
        parts.append("Rules:\n" + "\n".join(f"- {rule}" for rule in everyone))
    if profile:
        parts.append("About the user:\n" + "\n".join(f"- {line}" for line in profile))
    if summary.strip():
        parts.append("Earlier in this conversation:\n" + summary.strip())
    return "\n".join(parts)


def block_text(today: date | None = None, memories: Sequence[str] = (), topic_rules: Sequence[str] = ()) -> str:
    """What is put before the new text. Empty when there is nothing to say."""
    parts = []
    if today is not None:
        parts.append(f"Today is {long_date(today)}.")
    if memories:
        parts.append(f"{MEMORIES}\n" + "\n".join(f"- {line}" for line in memories))
    if topic_rules:
        parts.append(f"{TOPIC_RULES}\n" + "\n".join(f"- {rule}" for rule in topic_rules))
    return "\n".join(parts)


def without_forgotten(block: str) -> str:
    """A block without the lines that lost words to forgetting, and without a heading over nothing."""
    lines = [line for line in block.splitlines() if not is_struck(line)]
    following = [*lines[1:], ""]
    return "\n".join(
        line
        for line, after in zip(lines, following, strict=False)
        if line not in (MEMORIES, TOPIC_RULES) or after.startswith("- ")
    )


def user_text(block: str, text: str) -> str:
    """The user message as the model reads it: the block, an empty line, the words of the user."""
    return f"{block}\n\n{text}" if block else text


def impersonal(parts: PromptParts) -> PromptParts:
    """The same question to the same persona, with nothing of what is known of the user, in earlier turns either."""
    turns = tuple(replace(turn, block=without_what_was_known(turn.block)) for turn in parts.turns)
    return replace(parts, rules=(), profile=(), memories=(), topic_rules=(), turns=turns)


def without_what_was_known(block: str) -> str:
    """A block with its date alone."""
    return "\n".join(takewhile(lambda line: line not in (MEMORIES, TOPIC_RULES), block.splitlines()))


def build_messages(parts: PromptParts, *, budget: int, count: Counter) -> Prompt:
    """Fit the parts into `budget` tokens, giving up the least useful first.

    The new text, the persona and the rules always stay. Then, in order of right: memories (up to
    `MEMORY_SHARE`), profile lines (up to `PROFILE_SHARE`), the summary (up to `SUMMARY_SHARE`), the newest turns.

    Raises:
        MessageTooLong: the new text with the shortest system message exceeds the budget.
    """

    def assemble(p: PromptParts) -> tuple[PromptMessage, ...]:
        block = block_text(p.today, p.memories, p.topic_rules)
        system = system_text(p.persona, p.global_rules, p.rules, p.profile, p.summary)
        history = [
            PromptMessage(role=t.role, content=user_text(t.block, t.content) if t.role == "user" else t.content)
            for t in p.turns
        ]
        return (
            PromptMessage(role="system", content=system),
            *history,
            PromptMessage(role="user", content=user_text(block, p.text)),
        )

    def cost(p: PromptParts) -> int:
        return count(assemble(p))

    # What gives way before the user's own words do, hardest to lose last.
    kept = replace(parts, profile=(), memories=(), turns=(), summary="")
    bare = [
        kept,
        replace(kept, topic_rules=()),
        replace(kept, topic_rules=(), persona=replace(parts.persona, examples=())),
        replace(kept, topic_rules=(), persona=replace(parts.persona, examples=(), style=()), rules=()),
        replace(
            kept,
            topic_rules=(),
            rules=(),
            global_rules="",
            persona=Persona(name=parts.persona.name[:40], description="", system_prompt=""),
        ),
    ]
    for candidate in bare:
        tokens = cost(candidate)
        if tokens <= budget:
            kept = candidate
            break
    else:
        raise MessageTooLong(tokens, budget)

    def longest(fits: Callable[[int], bool], size: int) -> int:
        """The largest n in 0..size for which `fits(n)`; cost grows with n, so bisect."""
        low, high = 0, size
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(middle) else (low, middle - 1)
        return low

    base = cost(kept)
    memory_limit = min(budget, base + int(budget * MEMORY_SHARE))
    n_memories = longest(
        lambda n: cost(replace(kept, memories=parts.memories[:n])) <= memory_limit, len(parts.memories)
    )
    kept = replace(kept, memories=parts.memories[:n_memories])
    profile_limit = min(budget, cost(kept) + min(PROFILE_TOKENS, int(budget * PROFILE_SHARE)))
    n_profile = longest(lambda n: cost(replace(kept, profile=parts.profile[:n])) <= profile_limit, len(parts.profile))
    kept = replace(kept, profile=parts.profile[:n_profile])
    summary_limit = min(budget, cost(kept) + int(budget * SUMMARY_SHARE))
    lines = parts.summary.strip().splitlines()

    def latest(n: int) -> str:
        return "\n".join(lines[len(lines) - n :])

    n_lines = longest(lambda n: cost(replace(kept, summary=latest(n))) <= summary_limit, len(lines))
    kept = replace(kept, summary=latest(n_lines))

    def newest(n: int) -> tuple[Turn, ...]:
        turns = parts.turns[len(parts.turns) - n :]
        # A history that opens with an answer is a conversation no template was trained on.
        while turns and turns[0].role != "user":
            turns = turns[1:]
        return turns

    n_turns = longest(lambda n: cost(replace(kept, turns=newest(n))) <= budget, len(parts.turns))
    kept = replace(kept, turns=newest(n_turns))
    messages = assemble(kept)
    return Prompt(
        messages=messages,
        block=block_text(kept.today, kept.memories, kept.topic_rules),
        memories_used=n_memories,
        profile_used=n_profile,
        turns_used=len(kept.turns),
        tokens=count(messages),
    )
