"""The loop that learns from ratings: score what was rated, judge, accept, propose. Runs from the durable queue.

    ratings ──► rewards of every open candidate on the new answers ──► their stakes ──► accepted, or nothing
       └──► new candidates: named by reasons, by the user's own version of an answer, by the chat model

A candidate is an edit of the rules in force. It is judged only on ratings given after it was made (`acceptance`), so
nothing that made it counts for it. Everything is computed from what SQLite holds: a kill loses the scores of
one question at most. Knows the chat model's log-probabilities; knows no page and no terminal.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from numpy.typing import NDArray

from assistant import acceptance, no_harm, refinement
from assistant.audience import starter_rules
from assistant.catalogue import about, contradict, weight_of
from assistant.errors import ChatModelError, ContextOverflow, RefiningCancelled
from assistant.profile import current_profile, profile_lines_for_prompt, standing_rules
from assistant.prompt import TOPIC_RULES, PromptMessage, Turn, block_text, system_text, user_text
from assistant.scoring import GATE_FAILURES, Example, LogProbability, PromptScore, passes_gate, reward, score_prompt
from assistant.settings import Settings
from assistant.signs import ABSENCE, bounds_of, reach_of, sign_of, trust_of
from assistant.streaming import to_langchain
from assistant.topics import ALL, SCOPES, Topic, name_of, topic_of
from assistant.turn import Trial, is_small, turns_of
from memory import (
    Candidate,
    Edit,
    Feedback,
    MemoryManager,
    Message,
    PreferencePair,
    PromptVersion,
    Reward,
    Rule,
    VersionEvidence,
)
from memory.refinements import CandidateSource, Scored
from personas.persona import Persona

log = logging.getLogger(__name__)

HISTORY_TURNS = 2
"""Turns before the question that an answer is scored with."""
NEWEST = 24
"""A full score looks at no more ratings than this."""
PROPOSE_EVERY = 6
"""A model is asked for edits after this many new ratings."""
ROUNDS = 3
"""T of the paper."""
LOOK_AGAIN_EVERY = 24
"""The whole catalogue gets a fresh start after this many ratings without a change: tastes change."""
WINDOW = 16
"""Ratings by which the next trial is chosen; whether anything changes is decided by all of them."""
WATCH_AGAIN_AFTER = 12
"""Ratings until a fresh watch over what is in force stands beside an open one."""
WATCH_TRIALS = 0.85
"""The part of the trials for what would take back or turn round what is in force, while there is a watch over it. What was won
before the change says little of these."""
EDIT_MARGIN = 0.05
"""Nats per token that a rule must prefer the user's own version by, to be named by it."""
QUIET_S = 0.5
"""In the background nothing is scored until no reply was written for so long."""
QUOTED = 8
"""Ratings that a rule cites at most."""
MIN_OF_TOPIC = 2
"""Likes, and dislikes, on the topics of a rule before it may hold for them alone."""
ELSEWHERE = 0.7
"""Nothing is tried on a topic when so much of what was won says that no change is wanted there."""
IDLE_TRIALS = 2
"""A rule that moved nothing in so many trials is not tried again."""


Rewards = dict[tuple[str, str, str], tuple[float | None, float | None]]
"""(candidate, message, what was scored) -> (reward, sign)"""
NOTHING = (None, None)


@dataclass(frozen=True, kw_only=True)
class Progress:
    done: int
    total: int
    doing: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a candidate does."""

    candidate: Candidate
    part: float
    """Of the stakes of its batch."""
    scoped: tuple[float, ...]
    """log of what each set of topics won with its part of the stakes: all topics first, then `topics.SCOPES`, or nothing more."""
    over_topics: tuple[float, ...]
    """The same, less what these topics alone explain."""
    log_wealth: float
    """Of all of them together."""
    log_threshold: float
    ratings: int
    recent: tuple[float, ...]
    """What each set of topics won over the last `WINDOW` ratings alone: what to try next is asked of the user as they are now."""
    moves: float | None = None
    """The largest reward of any answer, either way: about 0 for a rule that this model does not follow. None: not known."""

    @property
    def lead(self) -> float:
        """How near it is to acceptance by itself, in nats: at 0 and above its batch is accepted whatever the others do."""
        return self.log_wealth - self.log_threshold

    @property
    def evidence(self) -> float:
        """What it won beyond its part of its batch, over what topics alone explain, in nats."""
        return _log_sum(self.over_topics) + math.log(self.part)

    @property
    def scope(self) -> frozenset[Topic]:
        """The topics for which it did best."""
        best = max(range(len(self.scoped)), key=lambda i: self.scoped[i])
        return SCOPES[best - 1] if best else ALL

    @property
    def edit(self) -> Edit:
        """The candidate's edit, for the topics for which it did best."""
        edit = self.candidate.edit
        if self.scope == ALL:
            return edit
        if edit.kind == "drop":
            return Edit(kind="split", target=edit.target, topic=name_of(ALL - self.scope))
        return replace(edit, topic=name_of(self.scope))

    def won(self, topic: Topic) -> tuple[float, float]:
        """log of what was won lately by sets of topics with this one, and by those without it."""
        holds = [True, *(topic in scope for scope in SCOPES)][: len(self.recent)]
        with_it = [value for value, held in zip(self.recent, holds, strict=True) if held]
        without = [value for value, held in zip(self.recent, holds, strict=True) if not held]
        return _log_sum(with_it), _log_sum(without)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One answer that a rule was tried in."""

    given: Feedback
    reward: float | None
    topic: Topic


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the choice of a trial needs to know."""

    standings: list[Standing]
    trials: dict[Edit, list[Tried]]
    rewards: Rewards


@dataclass(frozen=True, kw_only=True)
class Refined:
    """What a run did."""

    version: PromptVersion | None
    """The version that was accepted, or that waits for the user's word."""
    scored: int
    waiting: int
    """Scores left for the next run, because the token budget was spent."""
    spent: bool
    """Whether anything is left for the next run, because the token budget was spent."""
    tokens: int
    duration_ms: float
    why_not: str = ""
    """Why nothing could be done, in words; empty when it could."""


class _BudgetSpent(Exception):
    """The run has read as many tokens as it may. Inside this module only."""


class Refiner:
    """One home's loop. Safe to call from several threads; one run at a time."""

    def __init__(
        self,
        *,
        memory: MemoryManager,
        settings: Settings,
        chat_model: Callable[[], BaseChatModel],
        persona: Callable[[str], Persona],
        global_rules: str,
        random: Random | None = None,
    ) -> None:
        self._memory = memory
        self._settings = settings
        self._chat_model = chat_model
        self._persona = persona
        self._global_rules = global_rules
        self._random = random or Random()
        self._running = threading.Lock()
        self._topics: dict[str, Topic] = {}
        self._last: _Seen | None = None
        """How things stood at the end of the last run: a reply must not wait for more."""
        self._asked_after: datetime | None = None
        """The newest rating when the model was last asked for rules. It is not asked again before there are more."""
        self._read: dict[tuple[Any, ...], LogProbability | None] = {}
        """What a run has read whose token budget was spent: the next one goes on from there."""
        self._cancel: threading.Event | None = None
        self.progress: Progress | None = None
        """What the present run is doing; None between runs."""

    # --- when ---------------------------------------------------------------------------------------------------------

    def register(self) -> None:
        self._memory.worker.register("refine", self._job)

    def after_rating(self) -> None:
        """Look at the new evidence as soon as nothing else is to be done."""
        if self._settings.refine != "off":
            self._memory.jobs.enqueue("refine", {}, key="refine", priority=9)
            self._memory.worker.wake()

    def _job(self, _payload: dict[str, Any]) -> None:
        if self._settings.refine != "off" and self._rated():
            try:
                self.run()
            except RefiningCancelled:
                log.info("Learning was stopped; it goes on with the next rating")

    def stop(self) -> None:
        """End the run that is being made, wherever it was started. What was scored is kept."""
        cancel = self._cancel
        if cancel is not None:
            cancel.set()

    def look(self) -> _Seen:
        """See how things stand. Done at the start, so that the first reply need not."""
        rated = self._rated()
        self._last = _Seen(
            standings=self.standings(), trials=self._trials(rated), rewards=self._memory.refinements.rewards()
        )
        return self._last

    # --- a run --------------------------------------------------------------------------------------------------------

    def run(
        self, *, progress: Callable[[Progress], None] | None = None, cancel: threading.Event | None = None
    ) -> Refined:
        """Score what is new, judge every candidate, accept at most one, make new candidates.

        Once the token budget is spent it ends: nothing is accepted half-checked, and the rest is queued.

        Raises:
            RefiningCancelled: `cancel` was set. What was scored is kept, and the next run goes on from there.
        """
        with self._running:
            started = time.perf_counter()
            self._cancel = cancel or threading.Event()
            run = _Run(self, progress, self._cancel)
            try:
                why_not = self._why_not()
                version: PromptVersion | None = None
                spent = False
                if not why_not:
                    self._ensure_catalogue()
                    try:
                        run.score()
                        version = self._judge(run)
                        if version is None:
                            self._make_candidates(run)
                        run.score()
                    except _BudgetSpent:
                        spent = True
                        self.after_rating()
                    if not run.is_spent:
                        self._read.clear()
                    self.look()
            finally:
                self.progress = self._cancel = None
            return Refined(
                version=version,
                scored=run.scored,
                waiting=run.waiting,
                spent=spent,
                tokens=run.tokens,
                duration_ms=(time.perf_counter() - started) * 1000,
                why_not=why_not,
            )

    def _why_not(self) -> str:
        if not self._rated():
            return "There are no ratings about style yet. Press a thumb under an answer."
        return ""

    @property
    def can_score(self) -> bool:
        """Does the chat model return log-probabilities? Without them only rules whose signs can be seen are learnt."""
        return bool(getattr(self._chat_model(), "can_score", False))

    def _ensure_catalogue(self) -> None:
        if not self._memory.refinements.candidates():
            self._memory.refinements.add_batch(refinement.catalogue_edits(), source="catalogue", after=None)

    # --- what is rated ------------------------------------------------------------------------------------------------

    def _rated(self) -> list[Feedback]:
        """Thumbs about style, oldest first."""
        return [given for given in self._memory.refinements.rated() if not refinement.is_about_facts(given)]

    @staticmethod
    def _wanted(
        candidate: Candidate, rated: Sequence[Feedback], pairs: Sequence[PreferencePair]
    ) -> Iterator[tuple[str, Scored]]:
        """The (message, what) that a candidate is judged on."""
        for one in rated:
            if counts(candidate, one):
                yield one.message_id, "answer"
                if one.edit.strip():
                    yield one.message_id, "edit"
        for pair in pairs:
            if counts(candidate, pair):
                yield pair.better_id, "answer"
                yield pair.worse_id, "answer"

    def current_rules(self) -> tuple[Rule, ...]:
        version = self._memory.current_prompt()
        return version.rules if version else ()

    def question_of(self, answer: Message) -> str:
        """What an answer answers; empty when that is gone."""
        question = self._memory.find_message(answer.parent_id or "")
        return question.content if question else ""

    def topic_of(self, message_id: str) -> Topic:
        """The topic of the question of an answer."""
        if message_id not in self._topics:
            self._topics[message_id] = topic_of(self.question_of(self._memory.get_message(message_id)))
        return self._topics[message_id]

    def default_persona(self) -> Persona:
        return self._persona(self._settings.persona)

    def system_of(self, answer: Message) -> str:
        """The system prompt of an answer, with the rules of the version that it was written with, or those tried in it."""
        versions = {version.id: version for version in self._versions()}
        version = versions.get(answer.prompt_version_id or "")
        asked_for = self._memory.memories(kind="procedural")
        standing = standing_rules([rule for rule in asked_for if rule.persona in ("", answer.persona)])
        held = refinement.retrieve_prompt(version.rules, self.question_of(answer), answer.persona) if version else ()
        edits = {c.id: c.edit for c in self._memory.refinements.candidates()}
        for use in self._memory.uses_of(answer.id):
            if use.item_type == "trial" and use.item_id in edits:
                held = refinement.apply_edit(held, edits[use.item_id])
        learned = refinement.in_force(held)
        profile = [line.text for line in profile_lines_for_prompt(current_profile(self._memory), "full")]
        own = (*standing, *(rule for rule in learned if rule not in standing))
        rules = (*starter_rules(self._settings, own).values(), *own)
        return system_text(self._persona(answer.persona), self._global_rules, rules, profile)

    # --- judging ------------------------------------------------------------------------------------------------------

    def standings(self) -> list[Standing]:
        """Every open candidate, the nearest to acceptance first."""
        rewards = self._memory.refinements.rewards()
        rated, pairs = self._rated(), self._memory.refinements.pairs()
        tried = self._tried_in()
        made = self._memory.refinements.candidates()
        weights: dict[int, float] = defaultdict(float)
        for candidate in made:
            weights[candidate.batch] += weight_of(candidate.text)
        found = [
            self._standing(c, weight_of(c.text) / weights[c.batch], rated, pairs, rewards, tried)
            for c in made
            if c.state == "open"
        ]
        return sorted(found, key=lambda s: -s.lead)

    def _tried_in(self) -> dict[str, Edit]:
        """Answer -> the edit that was tried in it."""
        edits = {c.id: c.edit for c in self._memory.refinements.candidates()}
        return {m: edits[c] for m, c in self._memory.refinements.trials() if c in edits}

    def _standing(
        self,
        candidate: Candidate,
        part: float,
        rated: Sequence[Feedback],
        pairs: Sequence[PreferencePair],
        rewards: Rewards,
        tried: Mapping[str, Edit],
    ) -> Standing:
        subject = candidate.text or candidate.target
        labels, values, signs = list[bool](), list[float](), list[float]()
        margins, seen_margins = list[float](), list[float]()
        arms, topics = list[bool](), list[Topic]()
        newer_won, newer_gain = list[bool](), list[float]()
        for one in rated:
            value, sign = rewards.get((candidate.id, one.message_id, "answer"), NOTHING)
            if (value is None and sign is None) or not counts(candidate, one):
                continue
            edited, _ = rewards.get((candidate.id, one.message_id, "edit"), NOTHING)
            if edited is not None and value is not None and one.edit.strip():
                margins.append(edited - value)
            if one.rating == 1 or about(subject, one.reasons):
                labels.append(one.rating == 1)
                values.append(math.nan if value is None else value)
                signs.append(0.0 if sign is None else sign)
                arms.append(tried.get(one.message_id) == candidate.edit)
                topics.append(self.topic_of(one.message_id))
        for pair in pairs:
            better, better_sign = rewards.get((candidate.id, pair.better_id, "answer"), NOTHING)
            worse, worse_sign = rewards.get((candidate.id, pair.worse_id, "answer"), NOTHING)
            if not counts(candidate, pair):
                continue
            if better is None or worse is None:
                if pair.source == "ab" and better_sign is not None and worse_sign is not None:
                    seen_margins.append(better_sign - worse_sign)
            elif pair.source == "ab":
                margins.append(better - worse)
            else:
                # Not blind: some always prefer the newer one. Identifiers grow with time.
                newer_won.append(pair.better_id > pair.worse_id)
                newer_gain.append((better - worse) if newer_won[-1] else (worse - better))
        said = []
        if candidate.source == "reason":
            later = [refinement.named_by(one) for one in rated if one.rating == -1 and counts(candidate, one)]
            said = [candidate.text in names for names in later if names]
        bounds = bounds_of(candidate.edit)
        scopes = SCOPES if candidate.kind in ("add", "drop") and not candidate.topic else ()

        inside = [[topic in scope for topic in topics] for scope in scopes]
        others = (
            float(acceptance.thumb_wealth(newer_won, newer_gain)[-1])
            + acceptance.pair_wealth(margins)
            + acceptance.pair_wealth(seen_margins, floor=acceptance.SIGN_FLOOR)
            + acceptance.reason_wealth(said)
        )
        shares = acceptance.scope_shares(len(scopes)) + others

        def won(since: int) -> NDArray[np.float64]:
            """By the ratings from one of them on."""
            return shares + acceptance.scoped_wealth(
                labels[since:],
                values[since:],
                signs[since:] if bounds else None,
                arms[since:],
                bounds=bounds,
                reach=reach_of(candidate.edit),
                trust=trust_of(candidate.edit),
                inside=[row[since:] for row in inside],
            )

        scoped = won(0)
        late = max(0, len(labels) - WINDOW)
        return Standing(
            candidate=candidate,
            part=part,
            scoped=tuple(scoped),
            over_topics=tuple(scoped - acceptance.topics_alone(labels, inside)),
            recent=tuple(won(late) if late else scoped),
            log_wealth=_log_sum(tuple(scoped)),
            log_threshold=acceptance.threshold(candidate.batch, part),
            ratings=len(labels) + len(margins) + len(seen_margins) + len(newer_won),
            moves=max((abs(value) for value in values if not math.isnan(value)), default=None),
        )

    def _judge(self, run: _Run) -> PromptVersion | None:
        """Put the best candidate in force if it has earned it."""
        rated = self._rated()
        edits = sum(bool(one.edit.strip()) for one in rated)
        if not acceptance.enough(
            [one.rating == 1 for one in rated], more=edits + len(self._memory.refinements.pairs())
        ):
            return None
        if self._is_waiting():
            return None
        current = self._memory.current_prompt()
        trials = self._trials(rated)
        untried = self._untried(rated, trials)
        refused: set[str] = set()
        for standing, lead in _earned(self.standings()):
            if standing.candidate.id in refused:
                continue
            if refinement.apply_edit(self.current_rules(), standing.edit) == self.current_rules():
                continue
            if self._confirmed(standing, rated, trials, untried):
                correct = self._neutral(standing, current, run)
                if correct is not None:
                    return self._accept(standing, lead, current, run, correct)
                refused.add(standing.candidate.id)
        return None

    def _confirmed(
        self,
        standing: Standing,
        rated: Sequence[Feedback],
        trials: Mapping[Edit, Sequence[Tried]],
        untried: Sequence[tuple[Topic, bool]],
    ) -> bool:
        """Where answers are tried: was the edit liked when it was tried, and more than answers without any trial?

        Association is not enough: who dislikes answers about facts, which are long, does not ask for short ones. Only
        ratings of its topics count.
        """
        candidate, scope = standing.candidate, standing.scope
        of_scope = [one.rating for one in rated if counts(candidate, one) and self.topic_of(one.message_id) in scope]
        if scope != ALL and (of_scope.count(1) < MIN_OF_TOPIC or of_scope.count(-1) < MIN_OF_TOPIC):
            return False  # Being disliked elsewhere is no reason to do it here.
        return not self._settings.trials or acceptance.gains(*_compared(standing, trials, untried))

    def _untried(self, rated: Sequence[Feedback], trials: Mapping[Edit, Sequence[Tried]]) -> list[tuple[Topic, bool]]:
        """(topic, thumb) of the answers since the last change that were written without any trial."""
        tried = {one.given.message_id for each in trials.values() for one in each}
        since = self._changed_at()
        return [
            (self.topic_of(one.message_id), one.rating == 1)
            for one in rated[-LOOK_AGAIN_EVERY:]
            if one.message_id not in tried and (since is None or one.created_at > since)
        ]

    def _neutral(self, standing: Standing, current: PromptVersion | None, run: _Run) -> str | None:
        """How many neutral questions are answered right, in words; empty when that cannot be known. None when answers would be
        less correct, than now or than without any learnt rule: then it is refused for good, and the figure is kept."""
        if not self.can_score:
            return ""
        in_force = self.current_rules()
        rules = refinement.apply_edit(in_force, standing.edit)
        own = [rule for rule in in_force if not rule.evidence]
        before, after, bare = run.right_of(in_force), run.right_of(rules), run.right_of(own)
        why = no_harm.refusal(before, after, bare=bare)
        if why:
            self._memory.add_prompt_version(
                parent_id=current.id if current else None,
                rules=rules,
                state="rejected",
                reason=f"{refinement.describe(standing.edit)} {why}",
            )
            self._memory.refinements.set_candidate_state(standing.candidate.id, "closed")
            return None
        return no_harm.figure(before, after)

    def _accept(
        self, standing: Standing, lead: float, current: PromptVersion | None, run: _Run, correct: str
    ) -> PromptVersion:
        """Put it in force, or propose it.

        Args:
            lead: how far its batch is beyond its stake, in nats.
            correct: what neutral questions say of it, in words.
        """
        candidate, edit = standing.candidate, standing.edit
        result = run.full_score(edit, candidate)
        evidence, reason = self._why(standing)
        rules = refinement.apply_edit(self.current_rules(), edit, evidence=evidence)
        ask = self._settings.refine == "ask"
        memory = self._memory
        with memory.store.transaction():
            for waiting in self._versions():
                if waiting.state == "proposed":
                    memory.set_prompt_state(waiting.id, "rejected")
            version = memory.add_prompt_version(
                parent_id=current.id if current else None,
                rules=rules,
                state="proposed" if ask else "accepted",
                reason=f"{refinement.describe(edit)} {reason} {correct}".strip(),
            )
            memory.refinements.add_evidence(
                VersionEvidence(
                    id=version.id,
                    candidate_id=candidate.id,
                    score=result.score,
                    low=result.low,
                    high=result.high,
                    ratings=standing.ratings,
                    log_wealth=lead + acceptance.threshold(candidate.batch),
                    log_threshold=acceptance.threshold(candidate.batch),
                    model=run.model_name,
                    created_at=memory.clock(),
                )
            )
            for other in self.standings():
                if self._is_settled(other, standing):
                    memory.refinements.set_candidate_state(other.candidate.id, "closed")
            memory.refinements.set_candidate_state(candidate.id, "accepted")
        return version

    @staticmethod
    def _is_settled(other: Standing, accepted: Standing) -> bool:
        """Has the question of another candidate been answered too? What speaks for one kind of brevity speaks for the other."""
        if other.candidate.source == "watch" or other.candidate.edit == accepted.candidate.edit:
            return True
        rivals = contradict(other.candidate.text, accepted.candidate.text)
        return rivals and bool(other.scope & accepted.scope)

    def _why(self, standing: Standing) -> tuple[tuple[str, ...], str]:
        """The ratings that speak for a candidate, newest first, and all of them in words."""
        candidate = standing.candidate
        rewards = self._memory.refinements.rewards()
        sides = {True: [0, 0], False: [0, 0]}
        agree = []
        for one in self._rated():
            value, sign = rewards.get((candidate.id, one.message_id, "answer"), NOTHING)
            value = sign if value is None and sign is not None else value
            if value is None or not (one.rating == 1 or about(candidate.text or candidate.target, one.reasons)):
                continue
            if self.topic_of(one.message_id) not in standing.scope:
                continue
            sides[value > 0][0] += one.rating == 1
            sides[value > 0][1] += 1
            if (one.rating == 1) == (value > 0):
                agree.append(one.id)
        liked, disliked = sides[True], sides[False]
        words = f"You liked {liked[0]} of {liked[1]} answers like that and {disliked[0]} of {disliked[1]} others."
        return tuple(reversed(agree))[:QUOTED], words

    def _versions(self) -> list[PromptVersion]:
        return self._memory.prompt_versions()

    def _changed_at(self) -> datetime | None:
        """When the rules last changed, or a change was declined."""
        return max((v.decided_at for v in self._versions() if v.decided_at is not None), default=None)

    def _is_waiting(self) -> bool:
        """Does a version that has earned its place wait for the user's word? What reasons named waits too, but holds up nothing."""
        evidence = self._memory.refinements.evidence()
        return any(v.state == "proposed" and v.id in evidence for v in self._versions())

    # --- trials -------------------------------------------------------------------------------------------------------

    def trial(self, question: str, persona: str = "") -> Trial | None:
        """A rule to write a persona's answer to a question with, to see whether it is liked. None while the user is content.

        Never without a dislike since the last change, never while what has earned its place waits for the user's word.
        """
        if not self._settings.trials or self._settings.refine == "off" or self._why_not():
            return None
        if self._is_waiting():
            return None
        current = self._memory.current_prompt()
        since = self._changed_at()
        rated = self._rated()
        recent = [one.rating == 1 for one in rated if since is None or one.created_at > since]
        thumbs = [(one.created_at, one.rating == 1) for one in rated]
        # Stopping an answer, asking again or copying it is too little to judge a rule by, and enough to try one, or none.
        weak = [(moment, False) for moment in self._memory.refinements.weak_dislikes()]
        weak += [(moment, True) for moment in self._memory.refinements.weak_likes()]
        felt = [liked for moment, liked in sorted([*thumbs, *weak]) if since is None or moment > since]
        if acceptance.trial_chance(felt) == 0:
            return None
        before = refinement.retrieve_prompt(current.rules, question, persona) if current else ()
        chosen = self._choose_trial(rated, recent, felt, topic_of(question), before)
        if chosen is None:
            return None
        after = refinement.apply_edit(before, chosen.edit)
        # Before the question a rule costs no evaluated prefix, but a small model obeys it less there than in the system text.
        only_new = (
            not is_small(self._chat_model()) and len(after) == len(before) + 1 and after[: len(before)] == tuple(before)
        )
        return Trial(
            candidate_id=chosen.id,
            text=refinement.describe(chosen.edit),
            rules=tuple(before) if only_new else after,
            topic_rules=(after[-1].text,) if only_new else (),
        )

    def _choose_trial(
        self,
        rated: Sequence[Feedback],
        recent: Sequence[bool],
        felt: Sequence[bool],
        topic: Topic,
        rules: Sequence[Rule],
    ) -> Candidate | None:
        """By what each edit has won where this topic is concerned, less what its trials cost; None: no trial this time.

        Args:
            recent: the thumbs since the last change of rules, which are the last of `rated`.
            felt: the same, with weak signs among them.
            rules: those in force for the question.
        """
        seen = self._last or self.look()
        standings, trials, rewards = seen.standings, seen.trials, seen.rewards
        fresh = {one.message_id for one in rated[-min(len(recent), LOOK_AGAIN_EVERY) :]} if recent else set[str]()
        disliked = [one.message_id for one in rated if one.message_id in fresh and one.rating == -1]
        here: dict[Edit, float] = {}
        elsewhere: list[float] = []
        representative: dict[Edit, Candidate] = {}
        wanting = self._wants_trial(seen, rated, topic, rules)
        if wanting is not None and self._random.random() < acceptance.TRIAL_CHANCE:
            return wanting
        for standing in standings:
            candidate, edit = standing.candidate, standing.candidate.edit
            idle = standing.moves is not None and standing.moves < acceptance.FLOOR
            if refinement.apply_edit(rules, edit) == tuple(rules) or idle or _moved_nothing(trials.get(edit, [])):
                continue
            representative.setdefault(edit, candidate)
            with_it, without = standing.won(topic)
            here[edit] = max(here.get(edit, -math.inf), with_it)
            elsewhere.append(without)
        if here and _log_sum(elsewhere) > _log_sum([*here.values(), *elsewhere]) + math.log(ELSEWHERE):
            return None
        for edit, candidate in representative.items():
            for one in trials.get(edit, []):
                if one.given.message_id in fresh and one.given.rating == -1:
                    same = one.topic == topic
                    here[edit] -= acceptance.TRIAL_DISLIKED if same else acceptance.TRIAL_DISLIKED_ELSEWHERE
            if edit.text in ABSENCE:
                signs = [rewards.get((candidate.id, message_id, "answer"), NOTHING)[1] for message_id in disliked]
                here[edit] -= acceptance.TRIAL_DISLIKED * sum(sign == 0 for sign in signs)
        watched = _watched(standings) & here.keys()
        if watched and self._random.random() < WATCH_TRIALS:
            here = {edit: value for edit, value in here.items() if edit in watched}
        by_name = {refinement.describe(edit): edit for edit in here}
        shares = acceptance.trial_shares({name: here[edit] for name, edit in by_name.items()})
        leading = max(shares.values(), default=0.0)
        if self._random.random() >= acceptance.trial_chance(felt, leading=leading):
            return None
        chosen = acceptance.choose_trial(shares, self._random)
        return None if chosen is None else representative[by_name[chosen]]

    def _wants_trial(
        self, seen: _Seen, rated: Sequence[Feedback], topic: Topic, rules: Sequence[Rule]
    ) -> Candidate | None:
        """Of what would take effect but for trials on this topic, what is believed most after what its trials cost."""
        found: list[tuple[float, Candidate]] = []
        untried = self._untried(rated, seen.trials)
        for standing, _ in _earned(seen.standings):
            candidate = standing.candidate
            if topic not in standing.scope or refinement.apply_edit(rules, candidate.edit) == tuple(rules):
                continue
            with_it, without = _compared(standing, seen.trials, untried)
            if acceptance.may_gain(with_it, without, topic):
                disliked = sum(not liked for _, liked in with_it)
                found.append((standing.lead - acceptance.TRIAL_DISLIKED * disliked, candidate))
        return max(found, key=lambda one: one[0])[1] if found else None

    def _trials(self, rated: Sequence[Feedback]) -> dict[Edit, list[Tried]]:
        """Each edit that was tried, with its answers."""
        edits = {c.id: c.edit for c in self._memory.refinements.candidates()}
        rewards = self._memory.refinements.rewards()
        by_message = {one.message_id: one for one in rated}
        found: dict[Edit, list[Tried]] = {}
        for message_id, candidate_id in self._memory.refinements.trials():
            if candidate_id in edits and message_id in by_message:
                value, _ = rewards.get((candidate_id, message_id, "answer"), NOTHING)
                one = Tried(given=by_message[message_id], reward=value, topic=self.topic_of(message_id))
                found.setdefault(edits[candidate_id], []).append(one)
        return found

    # --- new candidates -----------------------------------------------------------------------------------------------

    def _make_candidates(self, run: _Run) -> None:
        """From reasons and comments, from the user's own versions, from the chat model where it can; and a fresh start."""
        made = self._memory.refinements.candidates()
        rated = self._rated()
        if not rated:
            return
        newest = rated[-1].created_at
        used = {identifier for c in made if c.source in ("reason", "edit", "model") for identifier in c.evidence}
        recent = rated[-LOOK_AGAIN_EVERY:]
        waiting = {
            c.edit
            for c in made
            if c.state == "open" and c.source in ("reason", "edit") and c.after and c.after >= recent[0].created_at
        }
        rules = self.current_rules()
        for one in rated[-PROPOSE_EVERY:]:
            if one.id in used:
                continue
            named = [Edit(kind="add", text=text) for text in refinement.named_by(one)]
            source: CandidateSource = "reason"
            if not named and one.edit.strip():
                named, source = self._named_by_edit(one), "edit"
            new = [e for e in named if e not in waiting and refinement.apply_edit(rules, e) != rules]
            if new:
                # It is made now, knowing every rating so far, so none of them counts for it.
                self._memory.refinements.add_batch(new, source=source, after=newest, evidence=[one.id])
                waiting.update(new)
        self._watch(made, rated)
        catalogues = [c for c in made if c.source == "catalogue"]
        since = max((c.after for c in catalogues if c.after is not None), default=None)
        changed = self._changed_at()
        last = max((moment for moment in (since, changed) if moment is not None), default=None)
        fresh = [one for one in rated if last is None or one.created_at > last]
        if len(fresh) >= LOOK_AGAIN_EVERY:
            self._memory.refinements.add_batch(refinement.catalogue_edits(), source="catalogue", after=newest)
        if not is_small(self._chat_model()):
            self._propose(run, rated)

    def _watch(self, made: Sequence[Candidate], rated: Sequence[Feedback]) -> None:
        """When answers are disliked again after a change: dropping each learnt rule, and its opposites, from a fresh start."""
        watched = (c.after for c in made if c.source == "watch")
        since = max((moment for moment in (self._changed_at(), *watched) if moment is not None), default=None)
        later = [one for one in rated if since is None or one.created_at > since]
        disliked = sum(one.rating == -1 for one in later[-acceptance.RECENT :])
        again = any(c.source == "watch" and c.state == "open" for c in made)
        if disliked < acceptance.MIN_DISLIKES or len(later) < (WATCH_AGAIN_AFTER if again else acceptance.MIN_DISLIKES):
            return
        for rule in self.current_rules():
            if rule.enabled and not rule.locked:
                self._memory.refinements.add_batch(
                    refinement.watching(rule.text),
                    source="watch",
                    after=rated[-1].created_at,
                    evidence=[one.id for one in later[-acceptance.RECENT :]],
                )

    def _named_by_edit(self, one: Feedback) -> list[Edit]:
        """The rule of the catalogue that the user's own version follows most, against the answer it was made from."""
        rewards = self._memory.refinements.rewards()
        margins: dict[Edit, float] = {}
        for candidate in self._memory.refinements.candidates("open"):
            value, _ = rewards.get((candidate.id, one.message_id, "answer"), NOTHING)
            edited, _ = rewards.get((candidate.id, one.message_id, "edit"), NOTHING)
            if candidate.kind == "add" and value is not None and edited is not None:
                margins[candidate.edit] = edited - value
        best = max(margins, key=lambda edit: margins[edit], default=None)
        return [best] if best is not None and margins[best] >= EDIT_MARGIN else []

    def _propose(self, run: _Run, rated: Sequence[Feedback]) -> None:
        """Ask the chat model for edits, shown the best prompts with their mis-aligned responses; keep what passes the gate.

        The minibatch gate is for these alone. The catalogue is fixed before the first rating and its candidates bet together
        from then on, so each of them is scored on every rating: one that were dropped for a few failures would take its part of
        the stakes with it. What a model thinks of has no end, and a full score of each would take the whole token budget.
        A model that cannot score is not asked: nothing could pass.
        """
        if not self.can_score:
            return
        made = [c for c in self._memory.refinements.candidates() if c.source == "model" and c.after]
        last = max((moment for moment in (self._asked_after, *(c.after for c in made)) if moment), default=None)
        new = [one for one in rated if last is None or one.created_at > last]
        if len(new) < PROPOSE_EVERY or not acceptance.enough([one.rating == 1 for one in rated]):
            return
        rules = self.current_rules()
        shown = [self._shown(one) for one in rated[-NEWEST:]]
        answers = [
            text for one in rated for text in (self._memory.get_message(one.message_id).content, one.edit) if text
        ]
        kept: dict[Edit, tuple[str, ...]] = {}
        try:
            tried = [refinement.TriedPrompt(rules=refinement.listed(rules), result=run.score_of(rules))]
            rewards = self._memory.refinements.rewards()
            tried += [
                refinement.TriedPrompt(rules=refinement.listed(changed), result=_kept_score(c, rated, rewards))
                for c in made[-refinement.KEPT_PROMPTS :]
                if (changed := refinement.apply_edit(rules, c.edit)) != tuple(rules)
            ]
            for number in range(1, ROUNDS + 1):
                run.tell(number, ROUNDS, "Asking the model for better rules")
                text = run.ask(
                    refinement.PROPOSE.format(n=refinement.PER_ROUND),
                    refinement.memory_text(refinement.best(tried), shown),
                )
                for edit, cited in refinement.read_proposals(text, rules, shown, answers):
                    said = self._memory.refinements.answers_saying(refinement.telling_runs(edit.text))
                    if refinement.quotes(edit.text, said):
                        continue
                    changed = refinement.apply_edit(rules, edit)
                    wrong = [one for one in rated[-NEWEST:] if one.id in tried[0].result.misaligned][-GATE_FAILURES:]
                    if edit in kept or not passes_gate([(run.reward_of(changed, one), one.rating) for one in wrong]):
                        continue
                    result = run.score_of(changed)
                    tried.append(refinement.TriedPrompt(rules=refinement.listed(changed), result=result))
                    if result.score > tried[0].result.score:
                        kept[edit] = cited
        except _BudgetSpent:
            # What was read is kept for the next run. What was asked is not: queued again, it would ask for ever.
            if not run.asked:
                raise
        self._asked_after = rated[-1].created_at
        if kept:
            evidence = tuple(dict.fromkeys(identifier for cited in kept.values() for identifier in cited))
            self._memory.refinements.add_batch(
                list(kept), source="model", after=rated[-1].created_at, evidence=evidence
            )

    def _shown(self, one: Feedback) -> refinement.Shown:
        answer = self._memory.get_message(one.message_id)
        question = self._memory.find_message(answer.parent_id or "")
        why = "; ".join(
            part
            for part in (
                ", ".join(one.reasons),
                one.comment,
                one.edit and f"better: {one.edit}",
            )
            if part
        )
        return refinement.Shown(
            id=one.id,
            question=question.content if question else "",
            answer=answer.content,
            liked=one.rating == 1,
            why=why,
        )


class _Run:
    """One run's access to the chat model: what it may spend, how far it is, whether it shall stop."""

    def __init__(
        self, refiner: Refiner, progress: Callable[[Progress], None] | None, cancel: threading.Event | None
    ) -> None:
        self._refiner = refiner
        self._memory = refiner._memory
        self._progress = progress
        self._cancel = cancel
        self._budget = refiner._settings.refine_tokens
        profile = profile_lines_for_prompt(current_profile(self._memory), "light")
        self._profile = tuple(line.text for line in profile)
        self._asked_for = self._memory.memories(kind="procedural")
        self._bare = self._system((), refiner.default_persona())
        """What prompts have in common; what was read under another is read again."""
        self.scored = 0
        self.waiting = 0
        """Scores that are still to be made."""
        self.tokens = 0
        self.asked = False
        """Was the model asked for edits?"""

    @property
    def _model(self) -> Any:
        return self._refiner._chat_model()

    @property
    def model_name(self) -> str:
        return str(self._model.model_name)

    @property
    def is_spent(self) -> bool:
        return self.tokens >= self._budget

    def tell(self, done: int, total: int, doing: str) -> None:
        self._refiner.progress = Progress(done=done, total=total, doing=doing)
        if self._progress is not None:
            self._progress(self._refiner.progress)

    # --- rewards ------------------------------------------------------------------------------------------------------

    def score(self) -> None:
        """Score every open candidate on every rating that it is judged on and was not yet scored on.

        What a model without log-probabilities left open is scored against the version that was in force then.
        """
        refinements = self._memory.refinements
        candidates = refinements.candidates("open")
        there = refinements.rewards()
        rated, pairs = self._refiner._rated(), refinements.pairs()
        left_open = refinements.unscored(self.model_name) if self._refiner.can_score else {}
        base = self._memory.current_prompt()
        now = base.id if base else None
        rules: dict[str | None, tuple[Rule, ...]] = {version.id: version.rules for version in self._refiner._versions()}
        answers: dict[str, Message] = {}
        # By question, and there by candidate: an answer and the user's own version of it, or two answers, share their prompt.
        todo: dict[tuple[str | None, str | None], list[tuple[Candidate, str, Scored]]] = {}
        for candidate in candidates:
            for message_id, scored in dict.fromkeys(self._refiner._wanted(candidate, rated, pairs)):
                key = (candidate.id, message_id, scored)
                if key not in there or key in left_open:
                    if message_id not in answers:
                        answers[message_id] = self._memory.get_message(message_id)
                    waiting = todo.setdefault((answers[message_id].parent_id, left_open.get(key, now)), [])
                    waiting.append((candidate, message_id, scored))
        self.waiting = total = sum(len(waiting) for waiting in todo.values())
        for (_, version_id), waiting in todo.items():
            made: list[Reward] = []
            question = self._refiner.question_of(answers[waiting[0][1]])
            try:
                for candidate, message_id, scored in waiting:
                    answer = answers[message_id]
                    held = refinement.retrieve_prompt(rules.get(version_id, ()), question, answer.persona)
                    text = answer.content if scored == "answer" else self._memory.feedback(message_id)[0].edit
                    self.tell(total - self.waiting, total, f"Scoring “{refinement.describe(candidate.edit)}”")
                    changed = refinement.apply_edit(held, candidate.edit)
                    value, sign = NOTHING
                    if changed != held:
                        value, sign = self._reward(held, changed, answer, text), sign_of(candidate.edit, text)
                    made.append(
                        Reward(
                            candidate_id=candidate.id,
                            message_id=message_id,
                            scored=scored,
                            value=value,
                            sign=sign,
                            model=self.model_name,
                            base_version_id=version_id,
                            created_at=self._memory.clock(),
                        )
                    )
                    self.waiting -= 1
            finally:
                refinements.add_rewards(made)
                self.scored += len(made)
        self.tell(total, total, "Weighing the evidence")

    def reward_of(
        self, changed: Sequence[Rule], one: Feedback, text: str | None = None, base: Sequence[Rule] | None = None
    ) -> float:
        """r_p of other rules against `base` (those in force), of the rated answer or of `text`; 0 where it cannot be scored."""
        answer = self._memory.get_message(one.message_id)
        rules = self._refiner.current_rules() if base is None else base
        return self._reward(rules, changed, answer, text or answer.content) or 0.0

    def _reward(self, rules: Sequence[Rule], changed: Sequence[Rule], answer: Message, text: str) -> float | None:
        question = self._refiner.question_of(answer)
        p0 = self._log_probability(refinement.in_force(rules, question, answer.persona), answer, text)
        p = self._log_probability(refinement.in_force(changed, question, answer.persona), answer, text)
        return None if p is None or p0 is None else reward(p, p0)

    def score_of(
        self, changed: Sequence[Rule], base: Sequence[Rule] | None = None, made_as: Candidate | None = None
    ) -> PromptScore:
        """The full score of a set of rules on the newest ratings and pairs, z0 and all, against `base` (those in force).

        Args:
            made_as: only what was rated after this candidate was made.
        """
        rated = [one for one in self._refiner._rated() if made_as is None or counts(made_as, one)][-NEWEST:]
        pairs = [one for one in self._memory.refinements.pairs() if made_as is None or counts(made_as, one)][-NEWEST:]
        rules = self._refiner.current_rules() if base is None else base
        examples = []
        for pair in pairs:
            answers = [self._memory.get_message(identifier) for identifier in (pair.better_id, pair.worse_id)]
            better, worse = (self._reward(rules, changed, answer, answer.content) or 0.0 for answer in answers)
            examples.append(Example(id=pair.id, reward=better, rating=1, against=worse))
        for one in rated:
            r = self.reward_of(changed, one, base=base)
            examples.append(Example(id=one.id, reward=r, rating=one.rating))
            if one.edit.strip():
                edited = self.reward_of(changed, one, one.edit, base)
                examples.append(Example(id=one.id, reward=edited, rating=1, against=r))
        shifted = [
            self.reward_of(changed, one, self._memory.get_message(other.message_id).content, base)
            for one, other in zip(rated, rated[1:] + rated[:1], strict=True)
            if len(rated) > 1
        ]
        return score_prompt(examples, shifted=shifted)

    def full_score(self, edit: Edit, candidate: Candidate) -> PromptScore:
        """Of an edit, on what was rated after the candidate that it comes from was made."""
        self.tell(0, 1, f"Scoring “{refinement.describe(edit)}” on all later ratings")
        return self.score_of(refinement.apply_edit(self._refiner.current_rules(), edit), made_as=candidate)

    def right_of(self, rules: Sequence[Rule]) -> int:
        """How many of the neutral questions are answered right under these rules."""
        self.tell(0, 1, "Asking neutral questions")

        def mean(facts: Sequence[str], question: str, answer: str) -> float:
            system = self._system(refinement.in_force(rules, question), self._refiner.default_persona())
            asked = user_text(block_text(memories=facts), question)
            key = (self.model_name, system, asked, answer)
            found = self._refiner._read.get(key)
            if found is None:
                messages = [PromptMessage(role="system", content=system), PromptMessage(role="user", content=asked)]
                found = self._refiner._read[key] = self._evaluate(to_langchain(messages), answer)
            return found.mean

        return no_harm.count_right(mean)

    # --- the model ----------------------------------------------------------------------------------------------------

    def _log_probability(self, rules: tuple[str, ...], answer: Message, text: str) -> LogProbability | None:
        if not self._refiner.can_score:
            return None
        key, read = (self.model_name, self._bare, answer.id, text, rules), self._refiner._read
        if key not in read:
            read[key] = self._of_answer(rules, answer, text)
        return read[key]

    def _of_answer(self, rules: tuple[str, ...], answer: Message, text: str) -> LogProbability | None:
        for turns in (HISTORY_TURNS, 0):
            try:
                return self._evaluate(self._messages(rules, answer, turns), text)
            except ContextOverflow:
                continue
        return None

    def _evaluate(self, messages: Sequence[BaseMessage], text: str) -> LogProbability:
        """How likely a text is after a prompt.

        Raises:
            ContextOverflow: both together are too long. RefiningCancelled, _BudgetSpent
        """
        self._pause()
        try:
            result = self._model.log_probability(messages, text, cancel=self._cancel, ended=True)
        except ContextOverflow:
            raise
        except ChatModelError:
            if self._cancel is not None and self._cancel.is_set():
                raise RefiningCancelled("Refining was stopped. What was scored is kept.") from None
            raise
        self.tokens += result.tokens + self._model.count_messages(messages)
        return LogProbability(total=result.total, tokens=result.tokens)

    def _system(self, rules: Sequence[str], persona: Persona) -> str:
        standing = standing_rules([rule for rule in self._asked_for if rule.persona in ("", persona.id)])
        own = (*standing, *(rule for rule in rules if rule not in standing))
        everyone = (*starter_rules(self._refiner._settings, own).values(), *own)
        return system_text(persona, self._refiner._global_rules, everyone, self._profile)

    def _messages(self, rules: tuple[str, ...], answer: Message, turns: int) -> list[BaseMessage]:
        """The prompt that an answer is scored under: as it was asked, with other rules and without those on trial."""
        thread = self._memory.thread(answer.conversation_id, answer.id)
        question = thread[-2] if len(thread) > 1 else None
        history: list[Turn] = turns_of(thread[:-2])[-2 * turns :] if turns else []
        system = self._system(rules, self._refiner._persona(answer.persona))
        asked = user_text(without_topic_rules(question.block), question.content) if question else ""
        return to_langchain(
            [
                PromptMessage(role="system", content=system),
                *(
                    PromptMessage(role=t.role, content=user_text(t.block, t.content) if t.role == "user" else t.content)
                    for t in history
                ),
                PromptMessage(role="user", content=asked),
            ]
        )

    def ask(self, instruction: str, text: str) -> str:
        """A reply as JSON of the proposals' schema; empty when the model cannot."""
        self._pause()
        self.asked = True
        messages = [SystemMessage(content=instruction), HumanMessage(content=text)]
        try:
            reply = self._model.invoke(
                messages,
                json_schema=refinement.proposal_schema(),
                temperature=1.0,
                max_tokens=400,
                purpose="background",
                cancel=self._cancel,
            )
        except ChatModelError as error:
            log.warning("The model could not propose rules: %s", type(error).__name__)
            return ""
        self.tokens += self._model.count_messages(messages) + self._model.count_tokens(str(reply.content))
        return str(reply.content)

    def _pause(self) -> None:
        """Let a reply go first; end here when asked to, or when as much was read as may be."""
        self._memory.worker.checkpoint(quiet_s=QUIET_S)
        if self._cancel is not None and self._cancel.is_set():
            raise RefiningCancelled("Refining was stopped. What was scored is kept.")
        if self.is_spent:
            raise _BudgetSpent


def _kept_score(candidate: Candidate, rated: Sequence[Feedback], rewards: Rewards) -> PromptScore:
    """How an earlier proposal did, from the rewards that are kept: nothing is evaluated again."""
    values = [(one, rewards.get((candidate.id, one.message_id, "answer"), NOTHING)[0]) for one in rated[-NEWEST:]]
    return score_prompt([Example(id=one.id, reward=r, rating=one.rating) for one, r in values if r is not None])


def counts(candidate: Candidate, given: Feedback | PreferencePair) -> bool:
    """Was this given after the candidate was made? Only then it may speak for or against it."""
    return candidate.after is None or given.created_at > candidate.after


def without_topic_rules(block: str) -> str:
    """A stored block as it was before rules for that one answer were added: these stand last."""
    return block.partition(TOPIC_RULES)[0].rstrip()


def _earned(standings: Sequence[Standing]) -> list[tuple[Standing, float]]:
    """Of each batch that has earned its place the candidates that did nearly best, with how far the batch is beyond its stake.

    First by what they won over what topics alone explain, where that is enough, then by all that they won. For which topics one
    holds is said by all that it won: answers about other topics speak for all candidates, and differently for its sets of topics.
    The batch has earned its place either way, so which of its candidates is taken costs none of the error.

    Args:
        standings: the nearest to acceptance first.
    """
    batches: dict[int, list[Standing]] = {}
    for standing in standings:
        batches.setdefault(standing.candidate.batch, []).append(standing)
    found = []
    for batch in batches.values():
        lead = acceptance.batch_lead([standing.lead for standing in batch])
        if lead >= 0:
            enough = max(acceptance.EVIDENT, max(s.evidence for s in batch) - acceptance.NEARLY_BEST)
            evident = sorted((s for s in batch if s.evidence >= enough), key=lambda s: -s.evidence)
            near = [s for s in batch if s.lead >= batch[0].lead - acceptance.NEARLY_BEST and s not in evident]
            found += [(s, lead) for s in (*evident, *near)]
    return found


def _watched(standings: Sequence[Standing]) -> set[Edit]:
    """The edits of the last watch: what would take back or turn round the rules in force, since answers are disliked again."""
    watching = [(s.candidate.edit, s.candidate.after) for s in standings if s.candidate.source == "watch"]
    last = max((after for _, after in watching if after is not None), default=None)
    return {edit for edit, after in watching if after == last}


def _compared(
    standing: Standing, trials: Mapping[Edit, Sequence[Tried]], untried: Sequence[tuple[Topic, bool]]
) -> tuple[list[tuple[Topic, bool]], list[tuple[Topic, bool]]]:
    """(topic, thumb) on the topics of a candidate, where it was tried and without any trial."""
    candidate, scope = standing.candidate, standing.scope
    with_it = [
        (one.topic, one.given.rating == 1)
        for one in trials.get(candidate.edit, [])
        if one.topic in scope and counts(candidate, one.given)
    ]
    return with_it, [(topic, liked) for topic, liked in untried if topic in scope]


def _moved_nothing(trials: Sequence[Tried]) -> bool:
    """Does the model not follow a rule? Once is no sign of it: the answer may have been of that kind anyway."""
    moved = [one.reward for one in trials if one.reward is not None]
    return (
        len(moved) >= IDLE_TRIALS and max(moved) < acceptance.FLOOR and not any(one.given.rating == 1 for one in trials)
    )


def _log_sum(values: Sequence[float]) -> float:
    return float(np.logaddexp.reduce(np.array(values))) if len(values) else -math.inf
