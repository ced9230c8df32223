"""From thumbs to rules, a thin slice: a reason of style given on two answers proposes one short rule. Pure.

The words come from a table, so that a model too small to propose anything still learns. A proposal changes nothing
until the user accepts it. Reasons about facts ("wrong", "outdated memory") go to memory and never make a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ulid import ULID

from assistant.errors import UnknownReason
from memory import Feedback, PromptVersion, Rule

REASONS = ("too long", "too short", "tone", "format", "wrong", "outdated memory", "ignored my preference", "other")
RULE_OF_REASON = {
    "too long": "Keep answers short.",
    "too short": "Give more detail.",
    "tone": "Use a warm, friendly tone.",
    "format": "Answer in plain words.",
}
"""What a reason asks for when its comment says nothing more."""
RULE_OF_COMMENT = {
    "tone": {
        "formal": "Use a formal tone.",
        "warm": "Use a warm, friendly tone.",
        "friendl": "Use a warm, friendly tone.",
    },
    "format": {"bullet": "Answer in bullets.", "list": "Answer in bullets.", "sentence": "Answer in one sentence."},
}
"""A word in the comment that says which way."""
OPPOSITES = (
    {"Keep answers short.", "Give more detail."},
    {"Use a formal tone.", "Use a warm, friendly tone."},
    {"Answer in bullets.", "Answer in one sentence.", "Answer in plain words."},
)
MIN_EVIDENCE = 2
MAX_RULES = 8


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


def rule_for(reason: str, comment: str) -> str | None:
    """The rule that a reason asks for; None when it asks for none."""
    for word, rule in RULE_OF_COMMENT.get(reason, {}).items():
        if word in comment.lower():
            return rule
    return RULE_OF_REASON.get(reason)


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


def contradict(one: str, other: str) -> bool:
    return one != other and any(one in group and other in group for group in OPPOSITES)
