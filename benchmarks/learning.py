"""How many ratings until simulated users with known tastes are served: `python -m benchmarks.learning`.

The real loop (`assistant.refiner`), the real model, real answers; only the users are simulated, and the program sees
nothing of them but thumbs, reasons and edits. Two tracks: thumbs alone, and thumbs with reasons and edits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Literal

import numpy as np
from langchain_core.messages import BaseMessage
from numpy.typing import NDArray

from assistant.acceptance import MIN_RATINGS
from assistant.catalogue import CATALOGUE, FACT_REASONS
from assistant.models import builtin_model_path
from assistant.prompt import PromptParts, build_messages
from assistant.refinement import in_force
from assistant.refiner import Refiner, _Run
from assistant.settings import Settings
from assistant.streaming import to_langchain
from assistant.turn import Trial
from benchmarks import chart
from benchmarks.tastes import Question, Taste, TasteError, User, World, read_world
from memory import MemoryManager, MessageUse, Rule, open_memory
from personas import load_library

HERE = Path(__file__).parent
TODAY = date(2026, 1, 15)
NAME = "Wren"
SLACK = 0.10
"""Served: as often as the oracle prompt serves, less this."""
JUDGED_AFTER = 24
EXPRESSIBLE_GAIN, EXPRESSIBLE_AT = 0.2, 0.6
"""A taste counts when its oracle prompt holds at least this much more often than no prompt, and this often at all."""
NO_RULE, TYPED, PASTED, OPRO = "no refinement", "typed instruction", "reasons pasted", "best score (OPRO)"
"""What else could be done with the same ratings. What the user would type is the oracle."""
Track = Literal["thumbs", "reasons"]
LIVES: dict[Track, int] = {"thumbs": 6, "reasons": 2}
"""A thumb in twenty is the other one: three lives of each user by thumbs alone may differ by a fifth from three others."""


class CachedModel:
    """The chat model with a memory for what it was asked before. Greedy, so the same prompt gives the same answer."""

    can_score = True

    def __init__(self, path: Path, cache: Path | None) -> None:
        from assistant.chat_model import LlamaChatModel

        builtin = path == builtin_model_path()
        self._model = LlamaChatModel(model_path=path, temperature=0.0, is_builtin=builtin)
        self.model_name, self.n_params, self.n_ctx = self._model.model_name, self._model.n_params, self._model.n_ctx
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        self._file = cache / f"learning-{digest}.pickle" if cache else None
        self._kept: dict[Any, Any] = {}
        if self._file is not None and self._file.exists():
            self._kept = pickle.loads(self._file.read_bytes())  # written by this program, beside its own results

    def save(self) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(pickle.dumps(self._kept))

    def close(self) -> None:
        self.save()
        self._model.close()

    def _cached(self, key: Any, make: Any) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def answer(self, messages: Sequence[BaseMessage]) -> str:
        return str(
            self._cached(
                ("answer", _key(messages)), lambda: str(self._model.invoke(list(messages), max_tokens=160).content)
            )
        )

    def log_probability(self, messages: Sequence[BaseMessage], answer: str, **options: Any) -> Any:
        return self._cached(
            ("score", _key(messages), answer), lambda: self._model.log_probability(messages, answer, **options)
        )

    def count_messages(self, messages: Sequence[BaseMessage]) -> int:
        return int(self._cached(("count", _key(messages)), lambda: self._model.count_messages(messages)))

    def count_tokens(self, text: str) -> int:
        return self._model.count_tokens(text)

    def invoke(self, messages: Sequence[BaseMessage], **options: Any) -> Any:
        return self._model.invoke(list(messages), **options)


def _key(messages: Sequence[BaseMessage]) -> str:
    text = "\x1f".join(f"{m.type}\x1e{m.content}" for m in messages)
    return hashlib.sha256(text.encode()).hexdigest()


class NoVectors:
    """Nothing is searched for here."""

    name, dimension, ready = "none", 1, True

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.zeros((len(texts), 1), np.float32)

    def embed_query(self, _text: str) -> NDArray[np.float32]:
        return np.zeros(1, np.float32)

    def chunks(self, text: str) -> list[str]:
        return [text]


def global_rules() -> str:
    return (files("assistant") / "prompts" / "global.txt").read_text(encoding="utf-8")


class Writer:
    """Answers questions under given rules, in the form of `assistant.prompt`."""

    def __init__(self, model: CachedModel) -> None:
        self.model = model
        self._persona = load_library()["nova"]
        self.global_rules = global_rules()

    def __call__(self, question: str, rules: Sequence[str], topic_rules: Sequence[str] = ()) -> str:
        parts = PromptParts(
            persona=self._persona,
            text=question,
            today=TODAY,
            global_rules=self.global_rules,
            rules=tuple(rules),
            profile=(f"The user's name is {NAME}.",),
            topic_rules=tuple(topic_rules),
        )
        prompt = build_messages(
            parts, budget=self.model.n_ctx, count=lambda m: self.model.count_messages(to_langchain(m))
        )
        return self.model.answer(to_langchain(prompt.messages))


class Clock:
    """A second for each look, so that nothing happens at the same time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


# --- a user's side ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Given:
    rating: Literal[1, -1]
    reasons: tuple[str, ...] = ()
    comment: str = ""
    edit: str = ""


class Rater:
    """One simulated user. Knows the hidden taste; the program does not."""

    def __init__(self, user: User, track: Track, random: Random, writer: Writer) -> None:
        self.user, self.track, self._random, self._writer = user, track, random, writer
        self._now: Any = user
        self._check = Taste(user.taste)

    def moment(self, n: int) -> None:
        """Before the n-th rating, counted from 1."""
        change = self.user.change
        if change is not None and n == change.after + 1:
            self._now, self._check = change, Taste(change.taste)

    def likes(self, question: Question, answer: str) -> bool:
        return bool(answer.strip()) and self._check(answer, topic=question.topic, question=question.text)

    def oracle(self, question: Question) -> list[str]:
        rules = self._now.oracle
        return rules.get(question.topic, []) if isinstance(rules, dict) else rules

    def rate(self, question: Question, answer: str) -> Given:
        if self.user.rates == "at random":
            liked = self._random.random() < self.user.like_rate
            pool = [r for r in dict.fromkeys(r for rule in CATALOGUE for r in rule.reasons) if r not in FACT_REASONS]
            reasons = (self._random.choice(pool),) if self.track == "reasons" and not liked else ()
            return Given(rating=1 if liked else -1, reasons=reasons)
        liked = self.likes(question, answer)
        if self._random.random() < self.user.noise:
            return Given(rating=-1 if liked else 1)
        if liked:
            return Given(rating=1)
        if self.track == "thumbs":
            return Given(rating=-1)
        reasons = [
            r
            for when, r in self._now.reasons.items()
            if Taste(when)(answer, topic=question.topic, question=question.text)
        ]
        edit = ""
        if self._random.random() < self.user.edits:
            edit = self._writer(question.text, self.oracle(question))
            edit = edit if self.likes(question, edit) else ""
        return Given(rating=-1, reasons=tuple(reasons[:1]), comment=self._now.comment, edit=edit)


# --- a life -------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """One user, one track, from the first rating on."""

    user: str
    track: Track
    seed: int = 0
    ratings_to_oracle: int | None = None
    """None: not within the ratings given. 0: served without any."""
    agreement: dict[int, float] = field(default_factory=dict)
    """Ratings -> the share of held-out answers that satisfy the taste."""
    none: float = 0.0
    oracle: float = 0.0
    expressible: bool = False
    accepted: list[tuple[int, list[str]]] = field(default_factory=list)
    """(ratings, rules then in force)"""
    baselines_after: dict[str, dict[int, float]] = field(default_factory=dict)
    """Of those that change with the ratings the same; `OPRO` is not followed beyond `JUDGED_AFTER`."""
    baselines: dict[str, float] = field(default_factory=dict)
    """After `JUDGED_AFTER` ratings."""
    follows_after: int | None = None
    """Ratings after a change of mind until served again."""
    spoilt: float | None = None
    """Of the held-out answers that were liked without rules, those that are not with the rules at the end."""
    spoilt_by_oracle: float | None = None
    tried: int = 0
    seconds: float = 0.0

    @property
    def instruction_worth_ratings(self) -> int | None:
        """How many ratings serve as well as one typed instruction, less `SLACK`: the oracle is what the user would type."""
        return self.ratings_to_oracle

    @property
    def of_oracle(self) -> float:
        value = at(self.agreement, JUDGED_AFTER)
        return min(1.0, value / self.oracle) if self.oracle else 1.0


def at(agreement: dict[int, float], n: int) -> float:
    """What held after n ratings."""
    return agreement[max(k for k in agreement if k <= n)]


class Session:
    """A home with one user in it."""

    def __init__(self, writer: Writer, home: Path, random: Random) -> None:
        self._writer = writer
        self.memory: MemoryManager = open_memory(home, embeddings=NoVectors(), clock=Clock(), start_worker=False)  # type: ignore[arg-type]
        self.memory.add(content=f"The user's name is {NAME}.", attribute="name", value=NAME)
        personas = load_library()
        self.refiner = Refiner(
            memory=self.memory,
            settings=Settings(home=home),
            chat_model=lambda: writer.model,  # type: ignore[arg-type, return-value]
            persona=lambda identifier: personas[identifier],
            global_rules=writer.global_rules,
            random=random,
        )
        self.tried = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.refiner.current_rules()

    def turn(self, question: Question, rater: Rater) -> bool:
        """Ask, answer, rate, refine. True when the rules changed."""
        trial = self.refiner.trial(question.text)
        self.write_and_rate(question, rater, in_force(trial.rules if trial else self.rules, question.text), trial)
        return self.refiner.run().version is not None

    def write_and_rate(
        self, question: Question, rater: Rater, rules: Sequence[str], trial: Trial | None = None
    ) -> None:
        answer = self._writer(question.text, rules, trial.topic_rules if trial else ())
        conversation = self.memory.start_conversation(persona="nova")
        asked = self.memory.add_message(conversation.id, role="user", content=question.text, block=_block())
        written = self.memory.add_message(
            conversation.id, role="assistant", content=answer, persona="nova", model=self._writer.model.model_name
        )
        assert asked.id == written.parent_id
        if trial is not None:
            self.tried += 1
            self.memory.record_uses(
                written.id, [MessageUse(item_type="trial", item_id=trial.candidate_id, text=trial.text)]
            )
        given = rater.rate(question, answer)
        self.memory.add_feedback(
            written.id, rating=given.rating, reasons=given.reasons, comment=given.comment, edit=given.edit
        )

    def close(self) -> None:
        self.memory.close()


def _block() -> str:
    from assistant.prompt import block_text

    return block_text(TODAY)


def ask_order(user: User, questions: Sequence[Question], random: Random) -> Iterable[Question]:
    """Questions for ever: each once before any comes again."""
    asked = [q for q in questions if not q.heldout and (not user.topics or q.topic in user.topics)]
    while True:
        random.shuffle(asked)
        yield from asked


def heldout_share(rater: Rater, writer: Writer, questions: Sequence[Question], rules: Sequence[Rule] | None) -> float:
    """How often held-out answers satisfy the taste; `rules=None` takes the oracle's."""
    topics = rater.user.topics
    asked = [q for q in questions if q.heldout and (not topics or q.topic in topics)]
    good = [
        rater.likes(q, writer(q.text, rater.oracle(q) if rules is None else in_force(rules, q.text))) for q in asked
    ]
    return sum(good) / len(good)


def spoilt_share(
    rater: Rater, writer: Writer, questions: Sequence[Question], rules: Sequence[Rule] | None
) -> float | None:
    """Of the held-out answers that are liked without rules, how many are not with them; None when none is liked."""
    topics = rater.user.topics
    asked = [q for q in questions if q.heldout and (not topics or q.topic in topics)]
    liked = [q for q in asked if rater.likes(q, writer(q.text, ()))]
    still = [
        q
        for q in liked
        if rater.likes(q, writer(q.text, rater.oracle(q) if rules is None else in_force(rules, q.text)))
    ]
    return 1 - len(still) / len(liked) if liked else None


def plain(texts: Sequence[str]) -> list[Rule]:
    """Rules for every topic."""
    return [Rule(id=text, text=text) for text in texts]


def find_oracle(user: User, writer: Writer, questions: Sequence[Question]) -> User:
    """Users without an oracle get the rule of the catalogue that serves them best on the questions that are not held out."""
    if user.oracle or user.rates == "at random":
        return user
    check = Taste(user.taste)
    asked = [q for q in questions if not q.heldout and (not user.topics or q.topic in user.topics)]

    def share(rules: list[str]) -> float:
        return sum(check(writer(q.text, rules), topic=q.topic, question=q.text) for q in asked) / len(asked)

    best = max([[], *([rule.text] for rule in CATALOGUE)], key=share)
    return user.model_copy(update={"oracle": best})


def live(user: User, track: Track, world: World, writer: Writer, *, ratings: int, seed: int) -> Life:
    """Let one user rate until the end, measuring held-out answers whenever the rules change."""
    started = time.perf_counter()
    random = Random(f"{seed}:{user.id}:{track}")
    rater = Rater(user, track, random, writer)
    life = Life(user=user.id, track=track, seed=seed)
    with tempfile.TemporaryDirectory(prefix="attune-learning-", dir=_quick_folder()) as folder:
        session = Session(writer, Path(folder), Random(f"{seed}:{user.id}:{track}:loop"))
        try:
            by_taste = user.rates == "by taste"
            if by_taste:
                life.none = heldout_share(rater, writer, world.questions, ())
                life.oracle = heldout_share(rater, writer, world.questions, None)
                life.expressible = life.oracle >= EXPRESSIBLE_AT and life.oracle - life.none >= EXPRESSIBLE_GAIN
                life.agreement[0] = life.none
                if track == "reasons":
                    life.baselines_after[PASTED] = {0: life.none}
                if life.none >= life.oracle - SLACK:
                    life.ratings_to_oracle = 0
            target, told = life.oracle - SLACK, list[str]()
            for n, question in zip(range(1, ratings + 1), ask_order(user, world.questions, random), strict=False):
                rater.moment(n)
                changed = session.turn(question, rater)
                turned = user.change is not None and n == user.change.after + 1
                if changed:
                    life.accepted.append(
                        (n, [f"{r.text} (for {r.topic})" if r.topic else r.text for r in session.rules])
                    )
                if by_taste and (changed or turned):
                    if turned:
                        target = heldout_share(rater, writer, world.questions, None) - SLACK
                    life.agreement[n] = heldout_share(rater, writer, world.questions, session.rules)
                    if life.agreement[n] >= target:
                        if user.change is not None and n > user.change.after:
                            life.follows_after = life.follows_after or n - user.change.after
                        elif life.ratings_to_oracle is None:
                            life.ratings_to_oracle = n
                if by_taste and track == "reasons":
                    text = pasted(session)
                    if turned or text != told:
                        share = heldout_share(rater, writer, world.questions, plain(text))
                        life.baselines_after[PASTED][n] = share
                    told = text
            life.tried = session.tried
            if by_taste:
                life.spoilt = spoilt_share(rater, writer, world.questions, session.rules)
                life.spoilt_by_oracle = spoilt_share(rater, writer, world.questions, None)
        finally:
            session.close()
    if by_taste and ratings >= JUDGED_AFTER:
        opro = greedy(user, track, world, writer, ratings=JUDGED_AFTER, seed=seed)
        life.baselines_after[OPRO] = opro
        still = {NO_RULE: life.none, TYPED: life.oracle}
        life.baselines = still | {name: at(after, JUDGED_AFTER) for name, after in life.baselines_after.items()}
    life.seconds = time.perf_counter() - started
    return life


def pasted(session: Session) -> list[str]:
    """What was ticked and typed with dislikes, as text in the prompt."""
    disliked = [g for g in session.memory.feedback() if g.rating == -1]
    said = dict.fromkeys(f"{', '.join(g.reasons)} {g.comment}".strip() for g in disliked)
    return [f"The user disliked answers because: {words}." for words in said if words]


def greedy(user: User, track: Track, world: World, writer: Writer, *, ratings: int, seed: int) -> dict[int, float]:
    """Stands for OPRO, the loop without mis-aligned responses: from the sixth rating on, whatever rule of the catalogue has the
    best score on all ratings writes the next answer. No trials, no test on later ratings.

    Where a model proposes, the two loops differ in what it is shown: scores alone, or the failures too. The built-in model is too
    small to propose and is never asked, so that this cannot be measured with it. What is compared is how one of the same rules is
    chosen: by the best score, or by trials and evidence.

    Returns:
        ratings -> the share of held-out answers that satisfy the taste, wherever the rule became another.
    """
    random = Random(f"{seed}:{user.id}:{track}")
    rater = Rater(user, track, random, writer)
    with tempfile.TemporaryDirectory(prefix="attune-learning-", dir=_quick_folder()) as folder:
        session = Session(writer, Path(folder), Random(0))
        try:
            rules: tuple[str, ...] = ()
            after = {0: heldout_share(rater, writer, world.questions, ())}
            for n, question in zip(range(1, ratings + 1), ask_order(user, world.questions, random), strict=False):
                rater.moment(n)
                session.write_and_rate(question, rater, rules)
                if n >= MIN_RATINGS:
                    run = _Run(session.refiner, None, None)
                    scores = {r.text: run.score_of([Rule(id=r.text, text=r.text)], base=()).score for r in CATALOGUE}
                    best = max(scores, key=lambda text: scores[text])
                    chosen = (best,) if scores[best] > 0.5 else ()
                    if chosen != rules:
                        rules = chosen
                        after[n] = heldout_share(rater, writer, world.questions, plain(rules))
            return after
        finally:
            session.close()


def _quick_folder() -> str | None:
    """Memory rather than disk where there is such a place: thousands of small homes are made and thrown away."""
    shm = Path("/dev/shm")
    return str(shm) if shm.is_dir() else None


# --- lifetimes that must see no change ----------------------------------------------------------------------------


def no_change(user: User, world: World, writer: Writer, *, lifetimes: int, ratings: int, seed: int) -> float:
    """The share of lifetimes in which nothing was accepted. Thumbs alone; nothing held out is looked at."""
    quiet = 0
    for number in range(lifetimes):
        random = Random(f"{seed}:{user.id}:{number}")
        rater = Rater(user, "thumbs", random, writer)
        with tempfile.TemporaryDirectory(prefix="attune-learning-", dir=_quick_folder()) as folder:
            session = Session(writer, Path(folder), Random(f"{seed}:{user.id}:{number}:loop"))
            try:
                asked = zip(range(ratings), ask_order(user, world.questions, random), strict=False)
                quiet += not any(session.turn(question, rater) for _, question in asked)
            finally:
                session.close()
    return quiet / lifetimes


# --- what it costs ------------------------------------------------------------------------------------------------


def cost(path: Path, questions: Sequence[Question], *, examples: int = 24) -> dict[str, Any]:
    """Learning from `examples` ratings in the background, and replies meanwhile. Nothing is cached.

    Replies are timed one after the other, each question first while the ratings are looked at and later alone.
    """
    from assistant import Response, open_assistant

    with tempfile.TemporaryDirectory(prefix="attune-learning-", dir=_quick_folder()) as folder:
        settings = Settings(home=Path(folder), model="" if path == builtin_model_path() else str(path), trials=False)
        memory = open_memory(folder, embeddings=NoVectors())  # type: ignore[arg-type]
        with open_assistant(settings, memory=memory) as assistant:

            def reply_ms(question: Question) -> float:
                last = list(assistant.respond(question.text, personal=False))[-1]
                assert isinstance(last, Response)
                return last.timings_ms.total

            for number, question in zip(range(examples), questions, strict=False):
                last = list(assistant.respond(question.text))[-1]
                assert isinstance(last, Response)
                memory.add_feedback(last.message_id, rating=1 if number % 2 else -1)
            assistant.wait_until_idle(600)
            assistant.refiner.after_rating()
            while assistant.refiner.progress is None and memory.jobs.pending({"refine"}):
                time.sleep(0.001)
            meanwhile, asked = [], []
            for question in questions:
                if assistant.refiner.progress is None:
                    break
                meanwhile.append(reply_ms(question))
                asked.append(question)
            assistant.wait_until_idle(600)
            alone = [reply_ms(question) for question in asked]
            assistant.wait_until_idle(600)
            memory.store.rows("DELETE FROM prompt_scores")
            refined = assistant.refine()
    return {
        "examples": examples,
        "scores": refined.scored,
        "tokens": refined.tokens,
        "seconds": round(refined.duration_ms / 1000, 2),
        "replies_timed": len(asked),
        "reply_ms_alone": round(statistics.median(alone), 1) if alone else None,
        "reply_ms_meanwhile": round(statistics.median(meanwhile), 1) if meanwhile else None,
        "meanwhile_of_alone": round(statistics.median(meanwhile) / statistics.median(alone), 3) if alone else None,
    }


# --- the whole ----------------------------------------------------------------------------------------------------


def median(values: Sequence[int | None]) -> float | None:
    """None counts as later than all others; so the median may be None."""
    if not values:
        return None
    ordered = sorted(float("inf") if v is None else float(v) for v in values)
    middle = statistics.median(ordered)
    return None if middle == float("inf") else middle


def mean_of(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.mean(known), 4) if known else None


def worth(lives: Sequence[Life]) -> dict[str, float | None]:
    """Taste -> the ratings that one typed instruction is worth, the median of its lives."""
    return {
        user: median([life.instruction_worth_ratings for life in lives if life.user == user])
        for user in dict.fromkeys(life.user for life in lives)
    }


def summary(lives: Sequence[Life], quiet: dict[str, float], spent: dict[str, Any] | None = None) -> dict[str, Any]:
    """What all lives gave; `quiet` is of `no_change`, `spent` of `cost`."""

    def figures(track: Track) -> dict[str, Any]:
        counted = [life for life in lives if life.track == track and life.expressible]
        shares = [life.of_oracle for life in counted]
        names = sorted({name for life in counted for name in life.baselines})
        return {
            "median_ratings_to_oracle": median([life.ratings_to_oracle for life in counted]),
            "instruction_worth_ratings": median([life.instruction_worth_ratings for life in counted]),
            "instruction_worth_ratings_of": worth(counted),
            "heldout_of_oracle": round(statistics.mean(shares), 4) if shares else None,
            "spoilt": mean_of([life.spoilt for life in counted]),
            "spoilt_by_oracle": mean_of([life.spoilt_by_oracle for life in counted]),
            "baselines_of_oracle": {
                name: round(statistics.mean(min(1.0, life.baselines[name] / life.oracle) for life in counted), 4)
                for name in names
            },
        }

    thumbs, reasons = figures("thumbs"), figures("reasons")
    users = {life.user: life for life in lives if life.track == "thumbs"} or {life.user: life for life in lives}
    return {
        "median_ratings_to_oracle": thumbs["median_ratings_to_oracle"],
        "instruction_worth_ratings": thumbs["instruction_worth_ratings"],
        "heldout_of_oracle": thumbs["heldout_of_oracle"],
        "no_change_rate": min(quiet.values(), default=None),
        "expressible_tastes": sum(life.expressible for life in users.values()),
        "tracks": {"thumbs": thumbs, "reasons": reasons},
        "no_change": quiet,
        "cost": spent,
    }


def row(life: Life) -> dict[str, Any]:
    return {
        "id": life.user,
        "track": life.track,
        "seed": life.seed,
        "expressible": life.expressible,
        "none": round(life.none, 4),
        "oracle": round(life.oracle, 4),
        "ratings_to_oracle": life.ratings_to_oracle,
        "instruction_worth_ratings": life.instruction_worth_ratings,
        "heldout_after": _rounded(life.agreement),
        "heldout_of_oracle": round(life.of_oracle, 4) if life.agreement else None,
        "accepted": [{"ratings": n, "rules": rules} for n, rules in life.accepted],
        "follows_after": life.follows_after,
        "tried_answers": life.tried,
        "spoilt": None if life.spoilt is None else round(life.spoilt, 4),
        "baselines": {name: round(v, 4) for name, v in life.baselines.items()},
        "baselines_after": {name: _rounded(after) for name, after in life.baselines_after.items()},
        "seconds": round(life.seconds, 1),
    }


def _rounded(after: dict[int, float]) -> dict[str, float]:
    return {str(n): round(share, 4) for n, share in sorted(after.items())}


def table(result: dict[str, Any]) -> str:
    columns = ("id", "track", "seed", "none", "oracle", "ratings_to_oracle", "heldout_of_oracle", "follows_after")
    lines = [[*columns, "rules"]]
    for user in result["users"]:
        rules = " ".join(user["accepted"][-1]["rules"]) if user["accepted"] else "-"
        mark = "" if user["expressible"] else "*"
        lines.append([user["id"] + mark, *(_cell(user[name]) for name in columns[1:]), rules])
    parts = [f"{_aligned(lines)}\n* not expressible by this model: not counted", worth_table(result["summary"])]
    if result["summary"]["cost"] is not None:
        parts.append(cost_row(result["summary"]["cost"]))
    return "\n\n".join([*parts, json.dumps(result["summary"], indent=2)])


def worth_table(found: dict[str, Any]) -> str:
    """Of a summary: the ratings that serve each taste as well as one typed instruction."""
    tracks = found["tracks"]
    each = {name: tracks[name]["instruction_worth_ratings_of"] for name in LIVES}
    tastes = dict.fromkeys(taste for name in LIVES for taste in each[name])
    lines = [["one typed instruction is worth, ratings", *LIVES]]
    lines += [[taste, *(_cell(each[name].get(taste)) for name in LIVES)] for taste in tastes]
    lines.append(["median", *(_cell(tracks[name]["instruction_worth_ratings"]) for name in LIVES)])
    return _aligned(lines)


def cost_row(spent: dict[str, Any]) -> str:
    return (
        f"learning from {spent['examples']} ratings: {spent['seconds']} s, {spent['tokens']:,} tokens; a reply meanwhile "
        f"{_cell(spent['reply_ms_meanwhile'])} ms, alone {_cell(spent['reply_ms_alone'])} ms "
        f"(×{_cell(spent['meanwhile_of_alone'])})"
    )


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def curves(lives: Sequence[Life], ratings: int) -> list[chart.Panel]:
    """How often held-out answers satisfy the taste after each rating, a panel for each track: the mean of all lives of tastes that
    the model can express. Who changes their mind has another taste later, so that the curve of Attune falls there and rises
    again; the lines of the oracle and of no rule are of the first taste."""
    panels = []
    for track, title in (("thumbs", "thumbs alone"), ("reasons", "thumbs with reasons and edits")):
        counted = [life for life in lives if life.track == track and life.expressible]
        others = {
            name: [life.baselines_after[name] for life in counted if name in life.baselines_after]
            for name in (OPRO, PASTED)
        }
        drawn: list[tuple[str, chart.Colour, Sequence[dict[int, float]], int]] = [
            ("the oracle: the instruction typed", chart.GREEN, [{0: life.oracle} for life in counted], ratings),
            ("Attune", chart.RED, [life.agreement for life in counted], ratings),
            (f"OPRO, to {JUDGED_AFTER} ratings", chart.BLUE, others[OPRO], JUDGED_AFTER),
            ("reasons pasted", chart.PURPLE, others[PASTED], ratings),
            ("no rule", chart.GREY, [{0: life.none} for life in counted], ratings),
        ]
        panel = chart.Panel(
            title=f"held-out answers that suit the user, {title}",
            lines=[
                chart.Line(name=name, colour=colour, points=_means(each, until))
                for name, colour, each, until in drawn
                if each
            ],
            ticks=[(n, str(n)) for n in range(0, ratings + 1, 6)],
            axis="ratings",
            levels=[(fifths / 5, f"{fifths / 5:g}") for fifths in range(6)],
        )
        panels += [panel] if counted else []
    return panels


def _means(each: Sequence[dict[int, float]], until: int) -> list[tuple[float, float]]:
    return [(n, statistics.mean(at(after, n) for after in each)) for n in range(until + 1)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=Path, default=HERE / "users.yaml", help="simulated users, as YAML")
    parser.add_argument("--model", type=Path, help="a GGUF file; by default the built-in model")
    parser.add_argument("--track", choices=("thumbs", "reasons", "both"), default="both")
    parser.add_argument("--ratings", type=int, default=48, help="how many each user gives")
    lives = ", ".join(f"{n} of the track {track}" for track, n in LIVES.items())
    parser.add_argument(
        "--seeds", type=int, help=f"lives of each user; figures are of all of them; {lives} unless given"
    )
    parser.add_argument("--lifetimes", type=int, default=200, help="of users who must see no change; 0: none")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--cost", action="store_true", help="only measure time, tokens, and replies meanwhile")
    what.add_argument("--no-cost", action="store_true", help="leave that out of the end of the run")
    parser.add_argument("--only", action="append", help="only this user; may be given more than once")
    parser.add_argument("--cache", type=Path, help="a folder that keeps answers and scores between runs")
    parser.add_argument("--plot", type=chart.picture, metavar="FILE", help="draw the curves to a PNG or SVG")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args(arguments)
    try:
        world = read_world(options.users, HERE / "questions.yaml")
    except TasteError as error:
        parser.error(str(error))
    path = options.model or builtin_model_path()
    if options.cost:
        print(json.dumps(cost(path, world.questions)))
        return
    model = CachedModel(path, options.cache)
    try:
        lives, quiet = run(world, Writer(model), options)
    finally:
        model.close()
    spent = None if options.no_cost else cost(path, world.questions)
    result = {"summary": summary(lives, quiet, spent), "users": [row(life) for life in lives]}
    if options.plot:
        chart.draw(curves(lives, options.ratings), options.plot)
    print(json.dumps(result) if options.json else table(result))


def run(world: World, writer: Writer, options: argparse.Namespace) -> tuple[list[Life], dict[str, float]]:
    """Every life, and of each user who must see no change the share of lifetimes without one."""
    users = [u for u in world.users if not options.only or u.id in options.only]
    users = [find_oracle(user, writer, world.questions) for user in users]
    tracks: tuple[Track, ...] = ("thumbs", "reasons") if options.track == "both" else (options.track,)
    lives = []
    for track in tracks:
        for user in users:
            for seed in range(options.seeds or LIVES[track]):
                life = live(user, track, world, writer, ratings=options.ratings, seed=seed)
                lives.append(life)
                print(f"{track} {user.id} {life.ratings_to_oracle} {life.seconds:.1f} s", file=sys.stderr)
            writer.model.save()
    quiet = {}
    for user in users if options.lifetimes else ():
        contented = user.rates == "by taste" and not user.oracle
        if user.rates == "at random" or contented:
            quiet[user.id] = no_change(user, world, writer, lifetimes=options.lifetimes, ratings=60, seed=7)
            print(f"{user.id}: no change in {quiet[user.id]:.1%} of {options.lifetimes}", file=sys.stderr)
    return lives, quiet


if __name__ == "__main__":
    main()
