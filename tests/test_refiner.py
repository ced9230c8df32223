"""The loop: real memory, a chat model whose likelihoods are known, and the traps of learning from thumbs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from pydantic import PrivateAttr

from assistant import acceptance
from assistant.chat_model import AnswerScore
from assistant.errors import ChatModelError, NotAnswersToOne, RefiningCancelled
from assistant.refinement import in_force
from assistant.refiner import Refined, Refiner, _Run
from assistant.settings import Settings
from memory import Edit, MemoryManager, Message, MessageUse, Rule, VersionEvidence, open_memory, transfer
from personas import load_library
from tests.fakes import HashEmbeddings, ScriptedChatModel

SHORT, LONG, LISTS = "Yes.", "That is a long story and I will gladly tell you all of it.", "- One\n- Two"
FOLLOWS: dict[str, Callable[[str], bool]] = {
    "Keep answers short.": lambda text: len(text.split()) <= 4 and "\n" not in text,
    "Give more detail.": lambda text: len(text.split()) > 4,
    "Answer in one sentence.": lambda text: text.count(".") == 1,
    "Answer in bullets.": lambda text: text.startswith("- "),
}


class KnownLikelihoods(ScriptedChatModel):
    """Each rule in the prompt makes answers that follow it likelier by 0.4 nats a token, and others less likely."""

    can_score: bool = True
    _scored: list[str] = PrivateAttr(default_factory=list)
    _break_after: list[int] = PrivateAttr(default_factory=list)

    def log_probability(
        self, messages: Sequence[BaseMessage], answer: str, *, cancel: threading.Event | None = None, **_options: Any
    ) -> AnswerScore:
        if cancel is not None and cancel.is_set():
            raise ChatModelError("Scoring was cancelled.")
        if self._break_after and len(self._scored) >= self._break_after[0]:
            raise KeyboardInterrupt
        self._scored.append(answer)
        rules = re.findall(r"^- (.*)$", str(messages[0].content), re.MULTILINE)
        mean = -2.0 + sum(0.4 if FOLLOWS[rule](answer) else -0.4 for rule in rules if rule in FOLLOWS)
        tokens = len(answer.split()) + 1
        return AnswerScore(tokens=tokens, total=mean * tokens)


@pytest.fixture
def model() -> KnownLikelihoods:
    return KnownLikelihoods()


@pytest.fixture
def loop(memory: MemoryManager, settings: Settings, model: KnownLikelihoods) -> Iterator[Refiner]:
    yield make(memory, settings, model)


def make(memory: MemoryManager, settings: Settings, model: ScriptedChatModel) -> Refiner:
    library = load_library()
    return Refiner(
        memory=memory,
        settings=settings,
        chat_model=lambda: model,
        persona=lambda _: library["nova"],
        global_rules="Answer from what you know.",
        random=Random(1),
    )


def answered(memory: MemoryManager, text: str, question: str = "What is a fjord?") -> Message:
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content=question)
    return memory.add_message(conversation.id, role="assistant", content=text, persona="nova")


def rate(
    memory: MemoryManager,
    text: str,
    rating: int,
    *reasons: str,
    comment: str = "",
    edit: str = "",
    question: str = "What is a fjord?",
) -> str:
    answer = answered(memory, text, question)
    memory.add_feedback(answer.id, rating=rating, reasons=reasons, comment=comment, edit=edit)  # type: ignore[arg-type]
    return answer.id


def likes_short(memory: MemoryManager, loop: Refiner, most: int = 40) -> int:
    """Rate until something is accepted; returns how many ratings that took."""
    for n in range(1, most + 1):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        if loop.run().version is not None:
            return n
    raise AssertionError("nothing was accepted")


@pytest.fixture
def untried(settings: Settings) -> Settings:
    """Answers are rated as they come; nothing is tried."""
    return settings.model_copy(update={"trials": False})


# --- what it learns ---------------------------------------------------------------------------------------------------


def test_thumbs_alone_teach_a_rule_that_holds_from_then_on(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    n = likes_short(memory, loop)
    assert acceptance.MIN_RATINGS <= n <= 24
    (rule,) = loop.current_rules()
    assert rule.text == "Keep answers short."
    rated = {given.id: given for given in memory.feedback()}
    assert rule.evidence and all(
        rated[e].rating == (1 if len(_words(memory, rated[e].message_id)) < 4 else -1) for e in rule.evidence
    )
    version = memory.current_prompt()
    assert version is not None
    evidence = memory.refinements.evidence()[version.id]
    assert evidence.score > 0.5
    assert evidence.low <= evidence.score <= evidence.high
    assert evidence.log_wealth >= evidence.log_threshold
    assert evidence.ratings == n


def _words(memory: MemoryManager, message_id: str) -> list[str]:
    return memory.get_message(message_id).content.split()


def test_a_change_of_mind_is_followed(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    loop = make(memory, untried, model)
    likes_short(memory, loop)
    for n in range(1, 25):
        rate(memory, LONG if n % 2 else SHORT, 1 if n % 2 else -1)
        loop.run()
    assert in_force(loop.current_rules()) in ((), ("Give more detail.",))
    assert any(c.source == "watch" and c.state == "accepted" for c in memory.refinements.candidates())


def test_thumbs_that_know_nothing_teach_nothing(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    random = Random(11)
    for _ in range(40):
        rate(memory, random.choice([SHORT, LONG, LISTS]), random.choice([1, 1, -1]))
        assert loop.run().version is None


def test_a_reason_names_a_rule_and_needs_fewer_ratings(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for n in range(1, 15):
        if n % 2:
            rate(memory, LONG, -1, "too long")
        else:
            rate(memory, SHORT, 1)
        if loop.run().version is not None:
            break
    named = [c for c in memory.refinements.candidates() if c.source == "reason"]
    assert [c.text for c in named] == ["Keep answers short."]
    assert named[0].size == 1
    assert in_force(loop.current_rules()) == ("Keep answers short.",)
    assert n <= 12


def test_the_users_own_version_names_the_rule_that_it_follows(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for _ in range(12):
        rate(memory, LONG, -1, edit=LISTS)
        if loop.run().version is not None:
            break
    assert in_force(loop.current_rules()) == ("Answer in bullets.",)
    assert [c.source for c in memory.refinements.candidates() if c.batch == 1] == ["edit"]


def test_the_better_of_two_answers_counts(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    loop = make(memory, untried, model)
    rate(memory, SHORT, 1)
    loop.run()
    before = {s.candidate.text: s.log_wealth for s in loop.standings()}
    for newer_wins in (True, False) * 4:
        first = answered(memory, LONG if newer_wins else SHORT)
        second = memory.add_message(
            first.conversation_id,
            role="assistant",
            content=SHORT if newer_wins else LONG,
            parent_id=first.parent_id,
            persona="nova",
        )
        better, worse = (second, first) if newer_wins else (first, second)
        memory.refinements.add_pair(better.id, worse.id, source="regeneration")
    loop.run()
    after = {s.candidate.text: s.log_wealth for s in loop.standings()}
    assert after["Keep answers short."] > before["Keep answers short."] + 1
    assert after["Give more detail."] < before["Give more detail."]


# --- the traps --------------------------------------------------------------------------------------------------------


def test_a_thumb_about_facts_changes_nothing(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    loop = make(memory, untried, model)
    for n in range(12):
        rate(memory, LONG, -1, "wrong" if n % 2 else "outdated memory")
    refined = loop.run()
    assert (refined.version, refined.scored) == (None, 0)
    assert refined.why_not
    rate(memory, SHORT, 1)
    loop.run()
    before = {s.candidate.text: s.log_wealth for s in loop.standings()}
    rate(memory, LONG, -1, "wrong")
    loop.run()
    assert {s.candidate.text: s.log_wealth for s in loop.standings()} == before


def test_a_dislike_for_its_tone_says_nothing_about_length(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for _ in range(10):
        rate(memory, LONG, -1, "tone")
        rate(memory, SHORT, 1)
    loop.run()
    short = next(s for s in loop.standings() if s.candidate.text == "Keep answers short." and s.candidate.batch == 0)
    assert short.ratings == 10
    assert short.log_wealth <= 0


def test_a_candidate_is_never_judged_on_ratings_that_it_was_made_from(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for _ in range(2):
        rate(memory, SHORT, 1)
        rate(memory, LONG, -1)
    rate(memory, LONG, -1, "too long")
    loop.run()
    named = next(s for s in loop.standings() if s.candidate.source == "reason")
    assert (named.ratings, named.log_wealth) == (0, pytest.approx(0))
    rate(memory, SHORT, 1)
    loop.run()
    assert next(s for s in loop.standings() if s.candidate.id == named.candidate.id).ratings == 1


def test_another_word_about_a_rated_answer_is_no_later_evidence(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    rate(memory, LONG, -1)
    for _ in range(2):
        rate(memory, SHORT, 1)
    named_by = rate(memory, LONG, -1, "too long")
    loop.run()
    given = memory.feedback(named_by)
    memory.add_feedback(named_by, rating=-1, reasons=["too long"], comment="really")
    loop.run()
    named = next(s for s in loop.standings() if s.candidate.source == "reason")
    assert (named.ratings, named.log_wealth) == (0, pytest.approx(0))
    (again,) = memory.feedback(named_by)
    assert (again.id, again.created_at) == (given[0].id, given[0].created_at)
    assert again.comment == "really"


def test_the_score_that_is_shown_is_of_ratings_after_the_candidate_was_made(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for _ in range(3):
        rate(memory, LONG, -1)
        rate(memory, SHORT, 1)
    rate(memory, LONG, -1, "too long")
    loop.run()
    named = next(s for s in loop.standings() if s.candidate.source == "reason").candidate
    assert _Run(loop, None, None).full_score(named.edit, named).score == 0.5  # nothing was rated since
    rate(memory, LONG, 1)
    wrong = _Run(loop, None, None).full_score(named.edit, named)
    assert wrong.score < 0.5
    one, other = answered(memory, SHORT), answered(memory, LONG)
    memory.refinements.add_pair(one.id, other.id, source="ab")
    assert _Run(loop, None, None).full_score(named.edit, named).score > wrong.score


def test_the_prompt_of_an_answer_is_made_again_with_what_was_tried_in_it(memory: MemoryManager, loop: Refiner) -> None:
    rule = Rule(id="r", text="Keep answers short.")
    version = memory.add_prompt_version(parent_id=None, rules=[rule], state="accepted", reason="")
    (longer,) = memory.refinements.add_batch([Edit(kind="add", text="Give more detail.")], source="watch", after=None)
    conversation = memory.start_conversation()
    memory.add_message(conversation.id, role="user", content="What is a fjord?")
    answer = memory.add_message(
        conversation.id, role="assistant", content=LONG, persona="nova", prompt_version_id=version.id
    )
    assert "- Keep answers short." in loop.system_of(answer)
    memory.record_uses(answer.id, [MessageUse(item_type="trial", item_id=longer.id, text=longer.text)])
    system = loop.system_of(answer)
    assert "- Give more detail." in system and "Keep answers short." not in system


def test_every_answer_keeps_the_version_it_was_written_with_and_old_rewards_stay(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    """Off-policy: what was measured against an earlier prompt is not measured again against a later one."""
    loop = make(memory, untried, model)
    likes_short(memory, loop)
    before = memory.refinements.rewards()
    version = memory.current_prompt()
    assert version is not None
    rate(memory, SHORT, 1)
    loop.run()
    after = memory.refinements.rewards()
    assert {key: after[key] for key in before} == before
    bases = {row["base_version_id"] for row in memory.store.rows("SELECT base_version_id FROM prompt_scores")}
    assert bases == {None, version.id}


def test_a_rule_that_the_user_locked_stays(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    locked = Rule(id="r", text="Give more detail.", locked=True)
    memory.add_prompt_version(parent_id=None, rules=[locked], state="accepted", reason="Yours.")
    loop = make(memory, untried, model)
    for n in range(1, 31):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        assert loop.run().version is None
    assert loop.current_rules() == (locked,)


def test_who_is_this_user_makes_no_rule(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    """Facts about a person are no evidence: every rule cites rated answers."""
    for n, fact in enumerate(("The user is a woman.", "The user is 71 years old.", "The user comes from Peru.")):
        memory.add(content=fact, attribute=f"fact:{n}")
    loop = make(memory, untried, model)
    assert loop.run().version is None
    assert memory.refinements.candidates() == []
    likes_short(memory, loop)
    rated = {given.id for given in memory.feedback()}
    assert all(rule.evidence and set(rule.evidence) <= rated for rule in loop.current_rules())


# --- trials -----------------------------------------------------------------------------------------------------------


def test_nothing_is_tried_while_the_user_is_content_or_does_not_want_it(
    memory: MemoryManager, settings: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, settings, model)
    assert loop.trial("What is a fjord?") is None
    for _ in range(5):
        rate(memory, LONG, 1)
    loop.run()
    assert [loop.trial("What is a fjord?") for _ in range(20)] == [None] * 20
    for _ in range(3):
        rate(memory, LONG, -1)
    loop.run()
    assert any(loop.trial("What is a fjord?") for _ in range(20))
    unwanted = make(memory, settings.model_copy(update={"trials": False}), model)
    off = make(memory, settings.model_copy(update={"refine": "off"}), model)
    assert [one.trial("What is a fjord?") for one in (unwanted, off) for _ in range(20)] == [None] * 40


def test_what_was_tried_and_disliked_is_tried_less_than_what_was_not_tried(
    memory: MemoryManager, loop: Refiner
) -> None:
    for _ in range(4):
        rate(memory, LONG, -1)
    loop.run()
    bullets = next(c for c in memory.refinements.candidates() if c.text == "Answer in bullets.")
    for _ in range(2):
        tried = rate(memory, LISTS, -1)
        memory.record_uses(tried, [MessageUse(item_type="trial", item_id=bullets.id, text=bullets.text)])
    loop.run()
    texts = [trial.text for trial in (loop.trial("What is a fjord?") for _ in range(200)) if trial]
    assert texts.count("Keep answers short.") > 3 * texts.count("Answer in bullets.")


def test_a_reply_after_a_start_need_not_look_again(
    memory: MemoryManager, settings: Settings, model: KnownLikelihoods
) -> None:
    for _ in range(4):
        rate(memory, LONG, -1)
    make(memory, settings, model).run()
    again = make(memory, settings, model)
    assert any(again.trial(FACT) for _ in range(20))
    again.look()
    again.look = lambda: pytest.fail("it looked while a reply waited")  # type: ignore[method-assign]
    assert any(again.trial(FACT) for _ in range(20))


def test_nothing_is_tried_while_what_was_earned_waits_and_a_card_from_reasons_holds_up_nothing(
    memory: MemoryManager, loop: Refiner
) -> None:
    for _ in range(4):
        rate(memory, LONG, -1)
    loop.run()
    waiting = memory.add_prompt_version(parent_id=None, rules=[], state="proposed", reason="?")
    assert any(loop.trial("What is a fjord?") for _ in range(20))
    memory.refinements.add_evidence(
        VersionEvidence(
            id=waiting.id,
            candidate_id="c",
            score=0.6,
            low=0.5,
            high=0.7,
            ratings=9,
            log_wealth=4.0,
            log_threshold=3.5,
            model="m",
            created_at=memory.clock(),
        )
    )
    assert [loop.trial("What is a fjord?") for _ in range(20)] == [None] * 20


# --- running ----------------------------------------------------------------------------------------------------------


def test_a_kill_loses_one_score_and_the_next_run_goes_on(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    for n in range(6):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    model._break_after.append(30)
    with pytest.raises(KeyboardInterrupt):
        make(memory, untried, model).run()
    kept = memory.refinements.rewards()
    assert kept
    model._break_after.clear()
    again = make(memory, untried, model)
    again.run()
    assert {key: memory.refinements.rewards()[key] for key in kept} == kept
    whole = again.standings()
    memory.store.rows("DELETE FROM prompt_scores")
    again.run()
    assert [(s.candidate.text, s.log_wealth) for s in again.standings()] == [
        (s.candidate.text, s.log_wealth) for s in whole
    ]


def test_cancelling_keeps_what_was_scored(memory: MemoryManager, untried: Settings, model: KnownLikelihoods) -> None:
    for n in range(6):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    loop, cancel = make(memory, untried, model), threading.Event()

    def stop(progress: Any) -> None:
        assert 0 <= progress.done <= progress.total
        if progress.done >= 20:
            cancel.set()

    with pytest.raises(RefiningCancelled):
        loop.run(progress=stop, cancel=cancel)
    assert loop.progress is None
    assert 0 < len(memory.refinements.rewards()) < 6 * 13
    assert loop.run().scored > 0


def test_the_token_budget_ends_a_run_and_the_next_goes_on(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    for n in range(8):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    loop = make(memory, untried.model_copy(update={"refine_tokens": 1000}), model)
    runs = [loop.run()]
    assert runs[0].waiting > 0
    while runs[-1].waiting:
        runs.append(loop.run())
        assert len(runs) < 100
    assert sum(run.scored for run in runs) == len(memory.refinements.rewards())


def work_off(memory: MemoryManager, loop: Refiner, most: int = 300) -> list[Refined]:
    """Run, and again as long as a run leaves one queued."""
    runs = [loop.run()]
    while (job := memory.jobs.take({"refine"})) is not None:
        memory.jobs.finish(job)
        runs.append(loop.run())
        assert len(runs) < most
    return runs


def test_whatever_a_run_reads_is_within_its_budget_and_the_rest_goes_on_by_itself(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    for n in range(24):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    loop = make(memory, untried.model_copy(update={"refine_tokens": 2000}), model)
    runs = work_off(memory, loop)
    assert max(run.tokens for run in runs) < 2000 + 1000
    checking = [run for run in runs if run.spent and not run.waiting]
    assert len(checking) > 1
    assert [run.version for run in runs[:-1]] == [None] * (len(runs) - 1)
    assert runs[-1].version is not None and not runs[-1].spent
    assert memory.prompt_versions() == [runs[-1].version]


def test_a_candidate_that_could_not_be_checked_to_the_end_stays_open(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    for n in range(24):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    loop = make(memory, untried.model_copy(update={"refine_tokens": 2000}), model)
    while (run := loop.run()).waiting or not run.spent:
        assert run.version is None
    assert {c.state for c in memory.refinements.candidates()} == {"open"}
    assert memory.prompt_versions() == []


def test_asking_the_model_for_rules_is_never_queued_again_by_itself(memory: MemoryManager, untried: Settings) -> None:
    useless = '{"changes": [{"kind": "add", "text": "Give more detail.", "target": "", "answers": [1]}]}'
    model = KnownLikelihoods(replies=[useless], n_params=None)
    for _ in range(4):
        rate(memory, LONG, -1)
        rate(memory, LISTS, 1)
    loop = make(memory, untried.model_copy(update={"refine_tokens": 1000}), model)
    work_off(memory, loop)
    assert 1 <= len(model.heard) <= 3


def test_stopping_while_neutral_questions_are_asked_is_a_stop(memory: MemoryManager, untried: Settings) -> None:
    cancel = threading.Event()

    class StoppedThen(KnownLikelihoods):
        def log_probability(self, messages: Sequence[BaseMessage], answer: str, **options: Any) -> AnswerScore:
            if "Memories:" in str(messages[-1].content):
                cancel.set()
            return super().log_probability(messages, answer, **options)

    for n in range(24):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    with pytest.raises(RefiningCancelled):
        make(memory, untried, StoppedThen()).run(cancel=cancel)
    assert memory.prompt_versions() == []


def test_a_withdrawn_rating_counts_for_nothing(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    for n in range(8):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    loop.run()
    before = [(s.candidate.text, s.log_wealth) for s in loop.standings()]
    more = rate(memory, LONG, 1)
    loop.run()
    assert [(s.candidate.text, s.log_wealth) for s in loop.standings()] != before
    memory.delete_feedback(more)
    assert [(s.candidate.text, s.log_wealth) for s in loop.standings()] == before


def test_asking_first_leaves_the_word_to_the_user(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried.model_copy(update={"refine": "ask"}), model)
    likes_short(memory, loop)
    (version,) = memory.prompt_versions()
    assert version.state == "proposed"
    assert loop.current_rules() == ()
    rate(memory, SHORT, 1)
    assert loop.run().version is None


def test_without_log_probabilities_what_can_be_seen_is_learnt(memory: MemoryManager, untried: Settings) -> None:
    loop = make(memory, untried, ScriptedChatModel())
    assert likes_short(memory, loop) <= 24
    assert in_force(loop.current_rules())[0] in ("Keep answers short.", "Answer in one sentence.")


def test_without_log_probabilities_the_model_is_not_asked_for_rules(memory: MemoryManager, untried: Settings) -> None:
    model = ScriptedChatModel(n_params=None)
    loop = make(memory, untried, model)
    for _ in range(4):
        rate(memory, LONG, -1)
        rate(memory, LISTS, 1)
    loop.run()
    assert model.heard == []


def test_without_log_probabilities_blind_picks_bet_on_what_can_be_seen(
    memory: MemoryManager, untried: Settings
) -> None:
    loop = make(memory, untried, ScriptedChatModel())
    rate(memory, SHORT, 1)
    loop.run()
    before = {s.candidate.text: s.log_wealth for s in loop.standings()}
    for _ in range(4):
        worse = answered(memory, LONG)
        better = memory.add_message(
            worse.conversation_id, role="assistant", content=SHORT, parent_id=worse.parent_id, persona="nova"
        )
        memory.refinements.add_pair(better.id, worse.id, source="ab")
    loop.run()
    after = {s.candidate.text: s.log_wealth for s in loop.standings()}
    assert after["Keep answers short."] > before["Keep answers short."] + 2
    assert after["Give more detail."] < before["Give more detail."] - 2
    assert after["Use emoji."] == before["Use emoji."]


def test_what_a_model_could_not_score_is_scored_by_one_that_can(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    for n in range(4):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
    make(memory, untried, ScriptedChatModel(model_name="server")).run()
    memory.add_prompt_version(
        parent_id=None, rules=[Rule(id="1", text="Give more detail.")], state="accepted", reason="Said so."
    )
    loop = make(memory, untried, model)
    assert loop.run().scored == 4 * len(memory.refinements.candidates("open"))
    rows = memory.store.rows("SELECT value, sign, model, base_version_id FROM prompt_scores")
    assert all(row["value"] is not None and row["model"] == "scripted" for row in rows)
    assert {row["base_version_id"] for row in rows} == {None}  # the rules that were then in force
    assert loop.run().scored == 0


def test_two_answers_to_different_questions_cannot_be_compared(memory: MemoryManager, settings: Settings) -> None:
    from assistant import open_assistant

    one, other = answered(memory, SHORT), answered(memory, LONG)
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as assistant:
        with pytest.raises(NotAnswersToOne):
            assistant.prefer(one.id, other.id)
        again = memory.add_message(one.conversation_id, role="assistant", content=LONG, parent_id=one.parent_id)
        assert assistant.prefer(again.id, one.id).better_id == again.id
        assistant.prefer(one.id, again.id)
        (pair,) = memory.refinements.pairs()
        assert pair.better_id == one.id


# --- proposals by a model ---------------------------------------------------------------------------------------------


def test_a_large_model_proposes_edits_which_pass_the_gate_and_are_judged_later(
    memory: MemoryManager, untried: Settings
) -> None:
    reply = (
        '{"changes": [{"kind": "add", "text": "Answer in bullets.", "target": "", "answers": [1]},'
        ' {"kind": "add", "text": "Give more detail.", "target": "", "answers": [2]},'
        ' {"kind": "add", "text": "Never cited.", "target": "", "answers": []}]}'
    )
    model = KnownLikelihoods(replies=[reply], n_params=None)
    loop = make(memory, untried, model)
    for _ in range(4):
        rate(memory, LONG, -1)
        rate(memory, LISTS, 1)
    loop.run()
    assert "Still wrong" in str(model.heard[-1][-1].content) or "Asked: What is a fjord?" in str(
        model.heard[0][-1].content
    )
    made = [c for c in memory.refinements.candidates() if c.source == "model"]
    assert [c.text for c in made] == ["Answer in bullets."]
    assert made[0].evidence
    standing = next(s for s in loop.standings() if s.candidate.id == made[0].id)
    assert standing.ratings == 0
    asked = len(model.heard)
    rate(memory, LISTS, 1)
    loop.run()
    assert len(model.heard) == asked  # too little is new
    for _ in range(3):
        rate(memory, SHORT, -1)
        rate(memory, SHORT, 1)
    loop.run()
    assert "- Answer in bullets." in str(
        model.heard[asked][-1].content
    )  # what was proposed before is shown with its score


def test_a_model_whose_proposals_were_all_refused_is_asked_again_only_when_there_is_more(
    memory: MemoryManager, untried: Settings
) -> None:
    model = KnownLikelihoods(replies=['{"changes": []}'], n_params=None)
    loop = make(memory, untried, model)
    for _ in range(4):
        rate(memory, LONG, -1)
        rate(memory, LISTS, 1)
    loop.run()
    asked = len(model.heard)
    assert asked
    rate(memory, LISTS, 1)
    loop.run()
    assert len(model.heard) == asked


@pytest.mark.parametrize("said", [True, False])
def test_a_proposal_that_quotes_any_stored_answer_is_left_out(
    memory: MemoryManager, untried: Settings, monkeypatch: pytest.MonkeyPatch, said: bool
) -> None:
    rule = "Begin each line with a small mark, as lists do."
    monkeypatch.setitem(FOLLOWS, rule, lambda text: text.startswith("- "))
    reply = f'{{"changes": [{{"kind": "add", "text": "{rule}", "target": "", "answers": [1]}}]}}'
    if said:
        answered(memory, f"How to write? {rule.upper()} That is all.")
    for _ in range(4):
        rate(memory, LONG, -1)
        rate(memory, LISTS, 1)
    make(memory, untried, KnownLikelihoods(replies=[reply], n_params=None)).run()
    made = [c.text for c in memory.refinements.candidates() if c.source == "model"]
    assert made == ([] if said else [rule])


def test_an_edit_is_compared_by_what_it_does_not_by_when_it_was_made() -> None:
    assert Edit(kind="add", text="Be brief.") == Edit(kind="add", text="Be brief.")


# --- kept -------------------------------------------------------------------------------------------------------------


def test_what_was_learnt_and_why_survives_export_and_import(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods, tmp_path: Path
) -> None:
    loop = make(memory, untried, model)
    likes_short(memory, loop)
    first = answered(memory, LONG)
    again = memory.add_message(first.conversation_id, role="assistant", content=SHORT, parent_id=first.parent_id)
    memory.refinements.add_pair(again.id, first.id, source="regeneration")
    transfer.export_zip(memory, tmp_path / "out.zip")
    with open_memory(tmp_path / "other", embeddings=HashEmbeddings(), start_worker=False) as other:
        transfer.import_zip(other, tmp_path / "out.zip")
        assert other.refinements.evidence() == memory.refinements.evidence()
        assert other.refinements.candidates() == memory.refinements.candidates()
        assert other.refinements.pairs() == memory.refinements.pairs()
        assert make(other, untried, model).current_rules() == loop.current_rules()


def test_deleting_a_conversation_takes_its_rewards_and_pairs(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    gone = rate(memory, LONG, -1)
    rate(memory, SHORT, 1)
    loop.run()
    memory.delete_conversation(memory.get_message(gone).conversation_id)
    assert all(message_id != gone for _, message_id, _ in memory.refinements.rewards())
    assert loop.run().version is None


def test_counts_of_ratings_by_reason_and_model(memory: MemoryManager) -> None:
    rate(memory, LONG, -1, "too long", edit=SHORT)
    rate(memory, SHORT, 1)
    found = memory.refinements.stats()
    assert (found["up"], found["down"], found["edited"], found["pairs"]) == (1, 1, 1, 0)
    assert found["by"]["reason"] == {"too long": {"up": 0, "down": 1}}


def test_what_only_wants_trials_is_tried_next(memory: MemoryManager, loop: Refiner) -> None:
    """The thumbs speak for short answers clearly enough, but none was written to be short."""
    for n in range(30):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        assert loop.run().version is None
    tried = [trial.text for trial in (loop.trial(FACT) for _ in range(40)) if trial]
    assert tried.count("Keep answers short.") > 30


def test_what_only_wanted_a_trial_and_was_disliked_in_it_gives_way(memory: MemoryManager, loop: Refiner) -> None:
    """Answers about facts are disliked and nobody knows why: of rules that are believed as much each has its turn."""

    def tried() -> list[str]:
        return [trial.text for trial in (loop.trial(FACT) for _ in range(100)) if trial]

    for n in range(12):
        rate(memory, LONG, -1, question=FACT)
        rate(memory, SHORT if n % 2 else LISTS, 1, question=TALK)
        loop.run()
    assert tried().count("Keep answers short.") > 80
    short = next(c for c in memory.refinements.candidates() if c.text == "Keep answers short.")
    disliked = rate(memory, SHORT, -1, question=FACT)
    memory.record_uses(disliked, [MessageUse(item_type="trial", item_id=short.id, text=short.text)])
    loop.run()
    assert tried().count("Keep answers short.") < 20 < 80 < len(tried())


def test_length_has_more_of_the_stakes_and_all_of_a_batch_together_have_one(
    memory: MemoryManager, loop: Refiner
) -> None:
    rate(memory, LONG, -1)
    loop.run()
    parts = {s.candidate.text: s.part for s in loop.standings() if s.candidate.batch == 0}
    assert sum(parts.values()) == pytest.approx(1)
    assert parts["Keep answers short."] == parts["Give more detail."] == 2 * parts["Use emoji."]


def test_stopping_answers_and_asking_again_bring_trials_but_never_a_rule(memory: MemoryManager, loop: Refiner) -> None:
    rate(memory, LONG, 1)
    loop.run()
    assert [loop.trial(FACT) for _ in range(20)] == [None] * 20
    stopped = answered(memory, LONG)
    memory.finish_message(stopped.id, content=LONG, status="stopped", model="scripted")
    again = answered(memory, LONG)
    memory.add_message(again.conversation_id, role="assistant", content=SHORT, parent_id=again.parent_id)
    assert len(memory.refinements.weak_dislikes()) == 2
    assert any(loop.trial(FACT) for _ in range(20))
    assert loop.run().version is None and len(loop.standings()[0].scoped) > 1
    memory.add_feedback(stopped.id, rating=1)
    assert len(memory.refinements.weak_dislikes()) == 1


@pytest.mark.parametrize(("asked", "again"), [("what is a fjord", True), ("What is a lake?", False)])
def test_asking_the_same_again_counts_against_an_answer(
    memory: MemoryManager, loop: Refiner, asked: str, again: bool
) -> None:
    rate(memory, LONG, 1)
    first, second = answered(memory, LONG), answered(memory, LONG)
    memory.add_message(first.conversation_id, role="user", content=asked)
    memory.add_message(second.conversation_id, role="user", content=asked)
    assert len(memory.refinements.weak_dislikes()) == 2 * again
    loop.run()
    assert any(loop.trial(FACT) for _ in range(20)) == again


def test_what_was_copied_was_of_use_and_brings_fewer_trials(memory: MemoryManager, loop: Refiner) -> None:
    for _ in range(2):
        rate(memory, LONG, -1)
    loop.run()
    assert loop.trial(FACT) is not None
    for _ in range(acceptance.RECENT):
        memory.mark_copied(answered(memory, LONG).id)
    assert len(memory.refinements.weak_likes()) == acceptance.RECENT
    assert [loop.trial(FACT) for _ in range(20)] == [None] * 20
    stopped = answered(memory, LONG)
    memory.finish_message(stopped.id, content=LONG, status="stopped", model="scripted")
    memory.mark_copied(stopped.id)
    assert memory.refinements.weak_dislikes() == []
    assert loop.run().version is None


# --- topics -----------------------------------------------------------------------------------------------------------

FACT, TALK = "What is a fjord?", "My cat knocked over the plant again"


def short_for_facts(memory: MemoryManager, loop: Refiner, most: int = 60) -> int:
    """Short answers to questions of fact are liked, long ones to everything else; returns how many ratings it took."""
    for n in range(1, most + 1):
        question = FACT if n % 4 < 2 else TALK
        text = SHORT if n % 2 else LONG
        liked = (text == SHORT) == (question == FACT)
        rate(memory, text, 1 if liked else -1, question=question)
        if loop.run().version is not None:
            return n
    raise AssertionError("nothing was accepted")


def test_a_taste_that_depends_on_the_topic_makes_a_rule_for_that_topic_alone(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    assert short_for_facts(memory, loop) <= 40
    (rule,) = loop.current_rules()
    assert rule.topic
    short, talk = in_force(loop.current_rules(), FACT), in_force(loop.current_rules(), TALK)
    assert (short, talk) in ((("Keep answers short.",), ()), ((), ("Give more detail.",)))
    version = memory.current_prompt()
    assert version is not None and rule.topic in version.reason


def test_what_is_wanted_for_the_other_topics_is_learnt_next(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    short_for_facts(memory, loop)
    first = loop.current_rules()
    short_for_facts(memory, loop)
    rules = loop.current_rules()
    assert rules != first
    assert in_force(rules, FACT) == ("Keep answers short.",) and in_force(rules, TALK) == ("Give more detail.",)


def test_no_rule_is_made_for_a_topic_that_was_not_rated(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    """Short answers are liked for facts. That long ones are disliked there is no reason to give them elsewhere."""
    loop = make(memory, untried, model)
    likes_short(memory, loop)
    for n in range(16):
        rate(memory, SHORT if n % 2 else LONG, 1 if n % 2 else -1)
        loop.run()
    assert in_force(loop.current_rules(), TALK) == in_force(loop.current_rules(), FACT)


def test_on_a_topic_where_no_change_is_wanted_nothing_is_tried(memory: MemoryManager, loop: Refiner) -> None:
    """Lists are liked for facts and disliked in talk, as trials have told."""
    for _ in range(3):
        rate(memory, LONG, -1, question=FACT)
        rate(memory, LONG, 1, question=TALK)
    loop.run()
    bullets = next(c for c in memory.refinements.candidates() if c.text == "Answer in bullets.")
    for question, rating in ((FACT, 1), (TALK, -1)) * 3:
        tried = rate(memory, LISTS, rating, question=question)
        memory.record_uses(tried, [MessageUse(item_type="trial", item_id=bullets.id, text=bullets.text)])
        loop.run()
    for_facts = [trial.text for trial in (loop.trial(FACT) for _ in range(60)) if trial]
    in_talk = [trial.text for trial in (loop.trial(TALK) for _ in range(60)) if trial]
    assert for_facts.count("Answer in bullets.") > in_talk.count("Answer in bullets.")


def test_an_answer_is_scored_with_the_rules_that_held_for_its_question(
    memory: MemoryManager, untried: Settings, model: KnownLikelihoods
) -> None:
    loop = make(memory, untried, model)
    rules = [Rule(id="1", text="Give more detail.", topic="talk")]
    memory.add_prompt_version(parent_id=None, rules=rules, state="accepted", reason="Said so.")
    about_talk = memory.get_message(rate(memory, LONG, 1, question=TALK))
    about_facts = memory.get_message(rate(memory, SHORT, 1, question=FACT))
    assert "- Give more detail." in loop.system_of(_with_version(memory, about_talk))
    assert "- Give more detail." not in loop.system_of(_with_version(memory, about_facts))
    loop.run()
    detail = next(c for c in memory.refinements.candidates() if c.text == "Give more detail.")
    rewards = memory.refinements.rewards()
    assert rewards[detail.id, about_talk.id, "answer"] == (None, None)  # it changes nothing there
    assert rewards[detail.id, about_facts.id, "answer"][0] is not None


def _with_version(memory: MemoryManager, answer: Message) -> Message:
    from dataclasses import replace

    version = memory.current_prompt()
    assert version is not None
    return replace(answer, prompt_version_id=version.id)
