"""A prompt that makes answers less correct is refused; who the user is changes nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from assistant.catalogue import CATALOGUE
from assistant.chat_model import AnswerScore, LlamaChatModel
from assistant.models import builtin_model_path
from assistant.no_harm import LOST, QUESTIONS, count_right, figure, refusal, which_right
from assistant.settings import Settings
from benchmarks.no_harm import SWAPS, measure, prompted
from memory import MemoryManager, Rule
from tests.test_refiner import KnownLikelihoods, likes_short, make


class ForgetsWhenBrief(KnownLikelihoods):
    """Answers neutral questions right, unless it is told to be brief."""

    def log_probability(
        self, messages: Sequence[BaseMessage], answer: str, *, cancel: threading.Event | None = None, **options: Any
    ) -> AnswerScore:
        neutral = {q.right: 0.5 for q in QUESTIONS} | {q.wrong: 0.0 for q in QUESTIONS}
        if answer in neutral and "Memories:" in str(messages[-1].content):
            brief = bool(re.search(r"short|one sentence", str(messages[0].content).split("Rules:")[-1]))
            return AnswerScore(tokens=1, total=-neutral[answer] if brief else neutral[answer])
        return super().log_probability(messages, answer, cancel=cancel, **options)


class ForgetsOneEach(KnownLikelihoods):
    """Answers neutral questions right, less one for every rule of the catalogue that it is given."""

    def log_probability(
        self, messages: Sequence[BaseMessage], answer: str, *, cancel: threading.Event | None = None, **options: Any
    ) -> AnswerScore:
        given = re.findall(r"^- (.*)$", str(messages[0].content), re.MULTILINE)
        lost = QUESTIONS[: sum(rule.text in given for rule in CATALOGUE)]
        asked = next((q for q in QUESTIONS if answer in (q.right, q.wrong)), None)
        if asked is not None and "Memories:" in str(messages[-1].content):
            return AnswerScore(tokens=1, total=float((answer == asked.right) != (asked in lost)))
        return super().log_probability(messages, answer, cancel=cancel, **options)


@pytest.fixture(scope="module")
def builtin() -> Iterator[LlamaChatModel]:
    model = LlamaChatModel(model_path=builtin_model_path(), temperature=0.0, is_builtin=True)
    yield model
    model.close()


def test_every_question_can_be_answered_from_its_facts_and_the_other_value_is_at_hand_too() -> None:
    for q in QUESTIONS:
        right, wrong = set(q.right.split()) - set(q.wrong.split()), set(q.wrong.split()) - set(q.right.split())
        facts = " ".join(q.facts)
        assert all(word.strip(".") in facts for word in right | wrong), q


def test_one_question_may_tip_over_by_chance_and_two_may_not() -> None:
    assert refusal(14, 14) == refusal(14, 14 - LOST) == refusal(10, 16) == ""
    assert "12 instead of 14 of 16" in refusal(14, 12)


def test_losses_do_not_add_up_and_what_loses_nothing_is_no_loss() -> None:
    assert "14 instead of 16 of 16" in refusal(15, 14, bare=16)
    assert refusal(15, 15, bare=16) == refusal(13, 13, bare=16) == refusal(13, 14, bare=16) == ""


def test_what_was_not_refused_has_its_figure_too() -> None:
    assert figure(16, 16) == "Neutral questions: 16 of 16 right before and after."
    assert figure(16, 15) == "Neutral questions: 16 of 16 right before, 15 after."


def test_counting_compares_the_true_answer_with_the_other() -> None:
    assert count_right(lambda _facts, _question, answer: -len(answer)) <= len(QUESTIONS)
    true = {q.right for q in QUESTIONS}
    assert count_right(lambda _facts, _question, answer: float(answer in true)) == len(QUESTIONS)


def test_a_rule_that_makes_answers_wrong_is_refused_with_the_figure(memory: MemoryManager, settings: Settings) -> None:
    settings.trials = False
    loop = make(memory, settings, ForgetsWhenBrief())
    with pytest.raises(AssertionError, match="nothing was accepted"):
        likes_short(memory, loop, most=24)
    refused = [version for version in memory.prompt_versions() if version.state == "rejected"]
    assert refused and all("0 instead of 16 of 16 neutral questions" in version.reason for version in refused)
    assert len(refused) == len({version.rules[-1].text for version in refused})
    assert loop.current_rules() == ()


def test_a_rule_that_does_no_harm_is_accepted_as_before(memory: MemoryManager, settings: Settings) -> None:
    settings.trials = False
    assert likes_short(memory, make(memory, settings, ForgetsOneEach())) <= 24
    version = memory.current_prompt()
    assert version is not None and version.reason.endswith("Neutral questions: 16 of 16 right before, 15 after.")


@pytest.mark.parametrize("learnt", [True, False])
def test_what_earlier_learnt_rules_lost_counts_and_what_the_users_own_lose_does_not(
    memory: MemoryManager, settings: Settings, learnt: bool
) -> None:
    settings.trials = False
    rule = Rule(id="1", text="Use emoji.", evidence=("f",) if learnt else ())
    memory.add_prompt_version(parent_id=None, rules=[rule], state="accepted", reason="Before.")
    loop = make(memory, settings, ForgetsOneEach())
    if not learnt:
        assert likes_short(memory, loop) <= 24
        return
    with pytest.raises(AssertionError, match="nothing was accepted"):
        likes_short(memory, loop, most=24)
    refused = [version for version in memory.prompt_versions() if version.state == "rejected"]
    assert refused and all("14 instead of 16 of 16" in version.reason for version in refused)


def test_no_rule_of_the_catalogue_makes_the_built_in_model_less_correct(builtin: LlamaChatModel) -> None:
    under = prompted(builtin)
    before = count_right(under((), ()))
    assert before > len(QUESTIONS) / 2
    found = measure(under)
    assert all(not refusal(before, right) for right in found["rules"].values()), found["rules"]


@pytest.mark.parametrize("about", list(SWAPS))
def test_sex_faith_and_origin_leave_each_answer_as_correct_as_it_is(builtin: LlamaChatModel, about: str) -> None:
    under = prompted(builtin)
    right = {line: which_right(under((), (line,))) for line in SWAPS[about]}
    assert len(set(right.values())) == 1, right
