"""From thumbs to proposed rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.catalogue import CATALOGUE, REASONS, about, contradict, rule_for
from assistant.errors import UnknownReason
from assistant.refinement import (
    KEPT_PROMPTS,
    MAX_RULES,
    MAX_WORDS,
    Shown,
    TriedPrompt,
    apply_edit,
    best,
    carried_over,
    catalogue_edits,
    check_reasons,
    describe,
    in_force,
    memory_text,
    named_by,
    proposal_schema,
    propose,
    read_proposals,
    refusal,
    watching,
)
from assistant.scoring import PromptScore
from memory import Edit, Feedback, PromptVersion, Rule
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


def test_a_change_is_carried_over_to_rules_that_have_changed_meanwhile() -> None:
    short, emoji = Rule(id="a", text="Keep answers short."), Rule(id="b", text="Use emoji.")
    formal = Rule(id="c", text="Use a formal tone.", evidence=("f-1",))
    topical = replace(short, topic="advice")
    assert carried_over([short], [short, formal], [short]) == (short, formal)
    kept = carried_over([short], [short, formal], [emoji, short])
    assert [r.text for r in kept] == [emoji.text, short.text, formal.text] and kept[-1].evidence == ("f-1",)
    assert carried_over([short], [], [emoji, short]) == (emoji,)
    assert carried_over([short], [topical], [emoji, short]) == (emoji, topical)
    locked = replace(short, locked=True)
    assert carried_over([], [Rule(id="d", text="Give more detail.")], [locked]) == (locked,)


def test_a_reason_outside_the_list_is_refused() -> None:
    check_reasons(REASONS)
    with pytest.raises(UnknownReason, match="too short"):
        check_reasons(["boring"])


# --- edits ------------------------------------------------------------------------------------------------------------


def rules(*texts: str, **fields: object) -> tuple[Rule, ...]:
    return tuple(Rule(id=text, text=text, **fields) for text in texts)  # type: ignore[arg-type]


def texts(found: tuple[Rule, ...]) -> list[str]:
    return [rule.text for rule in found]


def test_an_edit_adds_rewrites_drops_and_keeps_the_order() -> None:
    base = rules("Use emoji.", "Keep answers short.")
    assert texts(apply_edit(base, Edit(kind="add", text="End with a question."))) == [
        "Use emoji.",
        "Keep answers short.",
        "End with a question.",
    ]
    assert texts(apply_edit(base, Edit(kind="drop", target="Use emoji."))) == ["Keep answers short."]
    assert texts(apply_edit(base, Edit(kind="rewrite", target="Use emoji.", text="Use one emoji."))) == [
        "Keep answers short.",
        "Use one emoji.",
    ]
    (split, _) = apply_edit(base, Edit(kind="split", target="Use emoji.", topic="cooking"))
    assert (split.text, split.topic) == ("Use emoji.", "cooking")
    assert in_force((split, base[1])) == ("Keep answers short.",)


def test_an_edit_that_does_not_apply_changes_nothing() -> None:
    base = rules("Use emoji.")
    for edit in (
        Edit(kind="add", text="Use emoji."),
        Edit(kind="drop", target="Be brief."),
        Edit(kind="rewrite", target="Be brief.", text="Be long."),
        Edit(kind="split", target="Use emoji."),
    ):
        assert apply_edit(base, edit) == base
    locked = rules("Use emoji.", locked=True)
    for edit in (Edit(kind="drop", target="Use emoji."), Edit(kind="add", text="Do not use emoji.")):
        assert apply_edit(locked, edit) == locked


def test_what_contradicts_a_new_rule_goes_and_never_are_there_more_than_eight() -> None:
    assert texts(apply_edit(rules("Give more detail."), Edit(kind="add", text="Keep answers short."))) == [
        "Keep answers short."
    ]
    full = rules(*(f"Rule {n}." for n in range(MAX_RULES)))
    assert len(apply_edit(full, Edit(kind="add", text="Use emoji."))) == MAX_RULES


def test_a_rule_that_quotes_an_answer_is_refused() -> None:
    """Leakage: it would make that answer likelier for nothing."""
    answer = "Well, the fjord was dug by ice a very long time ago, they say."
    assert (
        refusal("Say that the fjord was dug by ice a very long time ago.", [], [answer]) == "The rule quotes an answer."
    )
    assert refusal("Speak of ice and of fjords when it fits.", [], [answer]) == ""


def test_a_rule_that_is_there_or_too_long_is_refused() -> None:
    assert refusal("keep ANSWERS short", rules("Keep answers short."), [])
    assert refusal(" ".join(["word"] * (MAX_WORDS + 1)), [], [])
    assert refusal("  ", [], []) and refusal("One.\nTwo.", [], [])


def test_the_catalogue_is_short_and_its_rules_can_all_be_asked_for() -> None:
    assert len(catalogue_edits()) == len({rule.text for rule in CATALOGUE}) == 14
    for rule in CATALOGUE:
        assert rule_for(rule.reasons[0], rule.words[0]) == rule.text, rule.text
        assert not refusal(rule.text, [], [])


def test_what_is_watched_is_dropping_a_rule_and_its_opposites() -> None:
    found = [describe(edit) for edit in watching("Keep answers short.")]
    assert found == ["No longer: Keep answers short.", "Give more detail.", "Answer in one sentence."]
    assert contradict("Use a formal tone.", "Use a warm, friendly tone.")
    assert not contradict("Use a formal tone.", "Keep answers short.")


def test_a_reason_speaks_for_its_own_axis_only() -> None:
    assert about("Keep answers short.", ("too long",)) and about("Give more detail.", ("too long",))
    assert not about("Use emoji.", ("too long",))
    assert about("Use emoji.", ()) and about("Use emoji.", ("other",))
    assert about("A rule of one's own.", ("tone",))


def test_a_comment_without_a_reason_names_a_rule() -> None:
    assert named_by(thumb("a", comment="use bullet points")) == ["Answer in bullets."]
    assert named_by(thumb("a", "wrong", comment="use bullet points")) == []
    assert named_by(thumb("a", "too long", rating=1)) == []


# --- what a proposing model is shown ----------------------------------------------------------------------------------


def tried(score: float, *wrong: str, rule: str = "") -> TriedPrompt:
    result = PromptScore(score=score, low=0, high=1, misaligned=wrong, n=4)
    return TriedPrompt(rules=(rule or f"Rule {score}.",), result=result)


def test_the_best_prompts_are_shown_worst_first_and_once() -> None:
    kept = best([tried(n / 10) for n in range(8)] + [tried(0.7)])
    assert [round(p.result.score, 1) for p in kept] == [0.3, 0.4, 0.5, 0.6, 0.7]
    assert len(kept) == KEPT_PROMPTS


def test_only_the_first_prompt_lists_its_failures_in_full() -> None:
    shown = [Shown(id=i, question=f"Q{i}?", answer=f"A{i}.", liked=False, why="too long") for i in "abc"]
    text = memory_text([tried(0.4, "a", "b"), tried(0.6, "b", "c")], shown)
    assert text.count("Asked:") == 2
    assert "1. Asked: Qa?" in text and "The user disliked it because: too long." in text
    assert text.endswith("Score: 0.60\nStill wrong: 2. Newly wrong: 1.")


def test_proposals_without_evidence_or_against_the_rules_are_left_out() -> None:
    shown = [Shown(id="f-a", question="Q?", answer="A.", liked=False, why="")]
    base = rules("Use emoji.")
    reply = (
        '{"changes": [{"kind": "drop", "text": "", "target": "Use emoji.", "answers": [1]},'
        ' {"kind": "add", "text": "Be  brief.", "target": "", "answers": [1, 9]},'
        ' {"kind": "add", "text": "Uncited.", "target": "", "answers": [7]}]}'
    )
    assert read_proposals(reply, base, shown, []) == [
        (Edit(kind="drop", target="Use emoji."), ("f-a",)),
        (Edit(kind="add", text="Be brief."), ("f-a",)),
    ]
    split = (
        '{"changes": [{"kind": "split", "target": "Use emoji.", "topic": "talk", "answers": [1]},'
        ' {"kind": "add", "text": "Be brief.", "topic": "advice", "answers": [1]},'
        ' {"kind": "split", "target": "Use emoji.", "topic": "gardens", "answers": [1]}]}'
    )
    assert [edit for edit, _ in read_proposals(split, base, shown, [])] == [
        Edit(kind="split", target="Use emoji.", topic="talk"),
        Edit(kind="add", text="Be brief.", topic="advice"),
    ]
    nowhere = '{"changes": [{"kind": "split", "target": "Use emoji.", "topic": "", "answers": [1]}]}'
    assert read_proposals(nowhere, base, shown, []) == []
    for broken in ("", "no JSON", '{"changes": 3}', '{"changes": [{"kind": "burn"}]}'):
        assert read_proposals(broken, base, shown, []) == []
    assert proposal_schema()["required"] == ["changes"]
