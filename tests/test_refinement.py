"""From thumbs to proposed rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.catalogue import REASONS, rule_for
from assistant.errors import UnknownReason
from assistant.refinement import MAX_RULES, check_reasons, propose
from memory import Feedback, PromptVersion, Rule
from memory.records import RuleState

DAY = datetime(2026, 5, 3, tzinfo=UTC)


def thumb(message: str, *reasons: str, rating: int = -1, comment: str = "") -> Feedback:
    return Feedback(
        id=f"f-{message}",
        message_id=message,
        rating=rating,  # type: ignore[arg-type]
        reasons=reasons,
        comment=comment,
        edit="",
        created_at=DAY,
    )


def version(*texts: str, state: RuleState = "accepted", evidence: tuple[str, ...] = ()) -> PromptVersion:
    rules = tuple(Rule(id=text, text=text, evidence=evidence) for text in texts)
    return PromptVersion(id="v", parent_id=None, rules=rules, state=state, reason="", created_at=DAY)


LONG = [thumb("a", "too long"), thumb("b", "too long")]


def test_one_thumb_is_not_enough_and_two_are() -> None:
    assert propose(LONG[:1], [], None) is None
    proposal = propose(LONG, [], None)
    assert proposal is not None
    assert [rule.text for rule in proposal.rules] == ["Keep answers short."]
    assert proposal.rules[0].evidence == ("f-a", "f-b")
    assert "too long" in proposal.reason


def test_likes_and_facts_make_no_rule() -> None:
    assert propose([thumb("a", "too long", rating=1), thumb("b", "too long", rating=1)], [], None) is None
    assert propose([thumb(m, "wrong", "outdated memory") for m in "abc"], [], None) is None


def test_evidence_counts_once() -> None:
    for state in ("rejected", "retired"):
        spent = version("Keep answers short.", state=state, evidence=("f-a", "f-b"))  # type: ignore[arg-type]
        assert propose(LONG, [spent], None) is None
        assert propose([*LONG, thumb("c", "too long"), thumb("d", "too long")], [spent], None) is not None


def test_one_proposal_at_a_time() -> None:
    assert propose(LONG, [version("Answer in bullets.", state="proposed")], None) is None


def test_a_rule_that_holds_is_not_proposed_again() -> None:
    current = version("Keep answers short.")
    assert propose(LONG, [current], current) is None


def test_the_opposite_rule_gives_way_and_others_stay() -> None:
    current = version("Give more detail.", "Use a formal tone.")
    proposal = propose(LONG, [current], current)
    assert proposal is not None
    assert [rule.text for rule in proposal.rules] == ["Use a formal tone.", "Keep answers short."]


def test_there_are_never_more_than_eight() -> None:
    current = version(*(f"Rule {n}." for n in range(MAX_RULES)))
    proposal = propose(LONG, [current], current)
    assert proposal is not None
    assert len(proposal.rules) == MAX_RULES


def test_the_comment_says_which_way() -> None:
    assert rule_for("tone", "please be more formal") == "Use a formal tone."
    assert rule_for("tone", "") == "Use a warm, friendly tone."
    assert rule_for("format", "I want bullets") == "Answer in bullets."
    assert rule_for("wrong", "") is None


def test_a_reason_outside_the_list_is_refused() -> None:
    check_reasons(REASONS)
    with pytest.raises(UnknownReason, match="too short"):
        check_reasons(["boring"])
