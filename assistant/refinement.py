"""What a prompt is made of and how it may be changed: rules, edits of them, and who proposes which. Pure.

Edits come from the fixed catalogue, from the reasons and comments of thumbs, and from a model that can write JSON,
which is shown the best prompts so far with their mis-aligned responses (Kim & Yang 2024, arXiv 2406.18678). Reasons
about facts ("wrong", "outdated memory") go to memory and never make a rule. Nothing here decides whether an edit is good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from ulid import ULID

from assistant.catalogue import CATALOGUE, FACT_REASONS, REASONS, contradict, rule_for
from assistant.errors import UnknownReason
from assistant.scoring import PromptScore
from assistant.topics import BY_NAME, NAMES, holds_for
from memory import Edit, Feedback, PromptVersion, Rule
from memory.refinements import EditKind

MIN_EVIDENCE = 2
MAX_RULES = 8
MAX_WORDS = 120
"""Of all rules together: longer than that is a text, not rules."""
LEAK_WORDS = 8
"""A rule that shares so many words in a row with an answer quotes it, and would win for nothing."""
KEPT_PROMPTS = 5
"""L of the paper: how many of the best prompts a model is shown."""
PER_ROUND = 3
"""K: how many edits a model is asked for at once."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    parent_id: str | None
    rules: tuple[Rule, ...]
    """All of the rules that would then be in force, the new one last."""
    reason: str


def check_reasons(reasons: Sequence[str]) -> None:
    for reason in reasons:
        if reason not in REASONS:
            raise UnknownReason(f"“{reason}” is not a reason. Choose from: {', '.join(REASONS)}.")


def propose(
    feedback: Sequence[Feedback], versions: Sequence[PromptVersion], current: PromptVersion | None
) -> Proposal | None:
    """The next rule to offer, or None.

    Args:
        feedback: every rating, oldest first.
        versions: every version there was, in any state.
        current: the one in force.

    A rating counts once: what a version was already made from, whatever became of it, is not evidence again. While
    one proposal waits for an answer there is no other.
    """
    if any(version.state == "proposed" for version in versions):
        return None
    spent = {evidence for version in versions for rule in version.rules for evidence in rule.evidence}
    in_force = current.rules if current else ()
    asked: dict[tuple[str, str], list[Feedback]] = {}
    for given in feedback:
        if given.rating == 1 or given.id in spent:
            continue
        for reason in given.reasons:
            rule = rule_for(reason, given.comment)
            if rule is not None and all(r.text != rule or not r.enabled for r in in_force):
                asked.setdefault((rule, reason), []).append(given)
    for (text, reason), evidence in asked.items():
        if len({given.message_id for given in evidence}) >= MIN_EVIDENCE:
            kept = [rule for rule in in_force if rule.text != text and not contradict(rule.text, text)]
            new = Rule(id=str(ULID()), text=text, evidence=tuple(given.id for given in evidence))
            return Proposal(
                parent_id=current.id if current else None,
                rules=(*kept[-(MAX_RULES - 1) :], new),
                reason=f"You said “{reason}” about {len(evidence)} answers.",
            )
    return None


# --- edits --------------------------------------------------------------------------------------------------------


def apply_edit(rules: Sequence[Rule], edit: Edit, *, evidence: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules with one change. What contradicts a new rule goes; a locked rule stays and wins over what is new.

    Returns `rules` unchanged when the edit does not apply: its target is not there, its rule is there already, or a
    locked rule stands against it.
    """
    kept = tuple(rules)
    if edit.kind in ("drop", "rewrite", "split"):
        target = next((r for r in kept if r.text == edit.target and r.enabled), None)
        if target is None or target.locked:
            return kept
        if edit.kind == "drop":
            return tuple(r for r in kept if r is not target)
        if edit.kind == "split":
            if not edit.topic or target.topic == edit.topic:
                return kept
            return tuple(replace(r, topic=edit.topic) if r is target else r for r in kept)
        kept = tuple(r for r in kept if r is not target)
    if any(r.enabled and r.text == edit.text and r.topic == edit.topic and not r.persona for r in kept):
        return tuple(rules)
    # A rule for some topics stands beside a general one and wins there; a new general rule holds for all topics.
    # A persona's own rules are the user's word.
    against = [r for r in kept if contradict(r.text, edit.text) and edit.topic in ("", r.topic) and not r.persona]
    if any(r.locked and r.enabled for r in against):
        return tuple(rules)
    new = Rule(id=str(ULID()), text=edit.text, topic=edit.topic, evidence=tuple(evidence))
    elsewhere = [r for r in kept if r.persona or (edit.topic and r.topic != edit.topic)]
    stay = [r for r in kept if r not in against and (r.text != edit.text or r in elsewhere)]
    while len(stay) >= MAX_RULES:
        oldest = next((r for r in stay if not r.locked), None)
        if oldest is None:
            return tuple(rules)
        stay.remove(oldest)
    return (*stay, new)


def carried_over(before: Sequence[Rule], after: Sequence[Rule], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The change from `before` to `after`, made to other rules: what the user has done to them since stays done."""
    if tuple(rules) == tuple(before):
        return tuple(after)
    had, has = {r.id: r for r in before}, {r.id: r for r in after}
    kept = tuple(rules)
    for gone in (r for r in before if r.id not in has):
        kept = apply_edit(kept, Edit(kind="drop", target=gone.text))
    for rule in after:
        if rule.id not in had:
            kept = apply_edit(kept, Edit(kind="add", text=rule.text, topic=rule.topic), evidence=rule.evidence)
        elif rule.topic != had[rule.id].topic:
            kept = apply_edit(kept, Edit(kind="split", target=rule.text, topic=rule.topic))
    return kept


def in_force(rules: Iterable[Rule], question: str | None = None, persona: str = "") -> tuple[str, ...]:
    """The words of the rules that are switched on and hold for a question that a persona answers.

    Args:
        question: None for the rules that hold whatever is asked.
        persona: its identifier; empty for the rules that hold for all of them.
    """
    if question is None:
        return tuple(r.text for r in rules if r.enabled and not r.topic and r.persona in ("", persona))
    return tuple(r.text for r in retrieve_prompt(rules, question, persona))


def retrieve_prompt(rules: Iterable[Rule], question: str, persona: str = "") -> tuple[Rule, ...]:
    """The rules that are switched on and hold for one question, in their order, as rules for everything.

    The paper takes, at answer time, the prompt that did best on the three nearest rated questions. Here neighbours are the
    rated questions of the same topic, and whether a rule holds for them was decided when it was accepted: three thumbs are
    too few to leave a rule out by (measured: `benchmarks/LOG.md`).

    Of two that contradict each other the persona's own holds, then the one for this topic, then the newer one; a locked
    one always.
    """
    holding = [r for r in rules if r.enabled and r.persona in ("", persona) and holds_for(r.topic, question)]
    ranked = sorted(
        range(len(holding)),
        key=lambda i: (holding[i].locked, bool(holding[i].persona), bool(holding[i].topic), i),
        reverse=True,
    )
    kept: list[int] = []
    for i in ranked:
        if all(not contradict(holding[i].text, holding[j].text) and holding[i].text != holding[j].text for j in kept):
            kept.append(i)
    return tuple(replace(holding[i], topic="", persona="") for i in sorted(kept))


def describe(edit: Edit) -> str:
    """An edit in words for the user."""
    where = f" (for {edit.topic})" if edit.topic else ""
    if edit.kind == "split":
        return f"{edit.target} (only for {edit.topic})"
    if edit.kind == "drop":
        return f"No longer: {edit.target}"
    if edit.kind == "rewrite":
        return f"{edit.text} (instead of: {edit.target}){where}"
    return f"{edit.text or edit.target}{where}"


def listed(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The rules that are switched on, in words, each with the topics it is for."""
    return tuple(f"{r.text} (for {r.topic})" if r.topic else r.text for r in rules if r.enabled)


def diff_rules(before: Sequence[Rule], after: Sequence[Rule]) -> list[tuple[Literal["new", "gone"], str]]:
    """What one version has that the other has not, in words; a rule that was switched off is gone."""

    old, new = listed(before), listed(after)
    gone: list[tuple[Literal["new", "gone"], str]] = [("gone", text) for text in old if text not in new]
    return gone + [("new", text) for text in new if text not in old]


def catalogue_edits() -> list[Edit]:
    return [Edit(kind="add", text=rule.text) for rule in CATALOGUE]


def watching(rule: str) -> list[Edit]:
    """What is tried against a rule as soon as it is in force, so that a change of mind is followed: none, or its opposites."""
    opposites = [other.text for other in CATALOGUE if contradict(rule, other.text)]
    return [Edit(kind="drop", target=rule), *(Edit(kind="add", text=text) for text in opposites)]


def named_by(given: Feedback) -> list[str]:
    """The rules that one thumb down asks for in its reasons and its comment."""
    if given.rating == 1 or is_about_facts(given):
        return []
    found = [rule_for(reason, given.comment) for reason in given.reasons]
    if not given.reasons and given.comment:
        found.append(
            next((rule.text for rule in CATALOGUE if any(w in given.comment.lower() for w in rule.words)), None)
        )
    return list(dict.fromkeys(text for text in found if text is not None))


def is_about_facts(given: Feedback) -> bool:
    """A thumb about what was said, not how: it changes nothing in refinement."""
    return bool(given.reasons) and all(reason in FACT_REASONS for reason in given.reasons)


def doubts_facts(given: Feedback) -> bool:
    """Does a thumb say that something in the answer was not so? What was used is then to be looked at."""
    return given.rating == -1 and any(reason in FACT_REASONS for reason in given.reasons)


def refusal(text: str, rules: Sequence[Rule], answers: Iterable[str]) -> str:
    """Why a proposed rule may not be tried, in words; empty when it may.

    Args:
        rules: those that it would stand among.
        answers: stored answers and edits, none of which it may quote.
    """
    if not text.strip() or "\n" in text.strip():
        return "A rule is one line."
    if any(same_rule(text, r.text) for r in rules):
        return "The rule is there already."
    if sum(len(r.text.split()) for r in rules if r.enabled) + len(text.split()) > MAX_WORDS:
        return f"The rules would be longer than {MAX_WORDS} words."
    if quotes(text, answers):
        return "The rule quotes an answer."
    return ""


def quotes(text: str, answers: Iterable[str]) -> bool:
    """Does a rule share a telling run of words with an answer?"""
    told = set(telling_runs(text.casefold()))
    return any(not told.isdisjoint(telling_runs(answer.casefold())) for answer in answers)


def telling_runs(text: str) -> list[str]:
    """Every `LEAK_WORDS` words that stand in a row, each time with one space between."""
    words = re.findall(r"\w+", text)
    return [" ".join(words[i : i + LEAK_WORDS]) for i in range(len(words) - LEAK_WORDS + 1)]


def same_rule(one: str, other: str) -> bool:
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


# --- proposals by a model -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TriedPrompt:
    """A prompt of the loop's memory: its rules and how it scored on the rated answers."""

    rules: tuple[str, ...]
    result: PromptScore


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A rated answer as a proposing model reads it."""

    id: str
    """Of the rating."""
    question: str
    answer: str
    liked: bool
    why: str


def best(tried: Iterable[TriedPrompt], limit: int = KEPT_PROMPTS) -> list[TriedPrompt]:
    """The best prompts, in ascending order of score, each set of rules once."""
    once = {prompt.rules: prompt for prompt in tried}
    return sorted(once.values(), key=lambda prompt: prompt.result.score)[-limit:]


def memory_text(kept: Sequence[TriedPrompt], shown: Sequence[Shown]) -> str:
    """The loop's memory as FERMI shows it: the first prompt lists its failures in full, every other one only the numbers of
    those that it shares with the first, and how many it newly broke. So each rewrite's gains and losses are cheap to read."""
    number = {example.id: position for position, example in enumerate(shown, 1)}
    by_id = {example.id: example for example in shown}
    parts: list[str] = []
    first = kept[0] if kept else None
    for prompt in kept:
        rules = "\n".join(f"- {rule}" for rule in prompt.rules) or "- (no rules)"
        parts.append(f"Rules:\n{rules}\nScore: {prompt.result.score:.2f}")
        wrong = [i for i in prompt.result.misaligned if i in number]
        if first is not None and prompt is first:
            for identifier in wrong:
                e = by_id[identifier]
                thumb = "liked" if e.liked else "disliked"
                why = f" because: {e.why}" if e.why else ""
                parts.append(
                    f"{number[identifier]}. Asked: {e.question}\n   Answered: {e.answer}\n   The user {thumb} it{why}."
                )
            continue
        shared = [str(number[i]) for i in wrong if first is not None and i in first.result.misaligned]
        broken = len(wrong) - len(shared)
        parts.append(f"Still wrong: {', '.join(shared) or 'none'}. Newly wrong: {broken}.")
    return "\n".join(parts)


PROPOSE = (
    "You improve the rules that an assistant follows so that one user likes its answers. Below are sets of rules from worst to "
    "best, with the answers that each still gets wrong. Propose {n} small changes to the best set. Each is one of: add a "
    f"rule, rewrite a rule, drop a rule, split a rule, so that it holds for one topic only ({', '.join(NAMES.values())}). "
    "A rule is one short sentence about the manner of answering (length, form, tone, "
    "language), never about facts, and never a quotation. Name the numbers of the answers that taught it."
)


class _Proposed(BaseModel, extra="ignore"):
    kind: EditKind
    text: str = Field(default="", max_length=200)
    target: str = Field(default="", max_length=200)
    topic: str = ""
    answers: list[int] = Field(default_factory=list, max_length=24)


class _Proposals(BaseModel, extra="ignore"):
    changes: list[_Proposed] = Field(max_length=PER_ROUND)


def proposal_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "changes": {
                "type": "array",
                "maxItems": PER_ROUND,
                "items": {
                    "type": "object",
                    "properties": {
                        "kind": {"enum": ["add", "rewrite", "drop", "split"]},
                        "text": {"type": "string"},
                        "target": {"type": "string"},
                        "topic": {"enum": ["", *NAMES.values()]},
                        "answers": {"type": "array", "items": {"type": "integer"}},
                    },
                    "required": ["kind", "text", "target", "topic", "answers"],
                },
            }
        },
        "required": ["changes"],
    }


def read_proposals(
    text: str, rules: Sequence[Rule], shown: Sequence[Shown], answers: Sequence[str]
) -> list[tuple[Edit, tuple[str, ...]]]:
    """The usable edits of a model's reply, each with the ratings it cites. One that cites no rated answer is left out:
    nothing but evidence makes a rule."""
    try:
        proposals = _Proposals.model_validate(json.loads(text))
    except (ValidationError, ValueError):
        return []
    found: dict[Edit, tuple[str, ...]] = {}
    for change in proposals.changes:
        cited = tuple(dict.fromkeys(shown[n - 1].id for n in change.answers if 1 <= n <= len(shown)))
        says = change.kind in ("add", "rewrite")
        edit = Edit(
            kind=change.kind,
            text=" ".join(change.text.split()) if says else "",
            target=change.target.strip(),
            topic=change.topic if change.kind in ("add", "split") else "",
        )
        if not cited or (edit.topic and edit.topic not in BY_NAME) or (says and refusal(edit.text, rules, answers)):
            continue
        if apply_edit(rules, edit) != tuple(rules):
            found.setdefault(edit, cited)
    return list(found.items())
