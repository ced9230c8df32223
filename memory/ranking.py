"""Orders what was found. Pure arithmetic: no database, no model, no clock but the one handed in.

Messages are weighed by a linear blend of what speaks for each; the blend and the facts are then fused by rank.
Reciprocal rank fusion is Cormack, Clarke and Büttcher (SIGIR 2009); maximal marginal relevance is Carbonell and
Goldstein (SIGIR 1998).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

RRF_K = 10
"""How slowly a rank loses weight. The paper's 60 is for rankings that are equally good; a weak second ranking then
pulls down what the strong one puts on top (benchmarks/LOG.md)."""
LONG_WORDS = 40
"""A message longer than this says no more for being longer."""
BEST_OF_TALK = 3
RECENCY_SHARE = 0.05
"""The newest item gains at most this share of its score; see `priors`."""
IMPORTANCE_SHARE = 0.05
COPY_SHARE = 0.9
"""The same question asked on ten days is one thing to know."""
RECENCY_HALF_LIFE_DAYS = 60.0


def fuse(rankings: Mapping[str, Sequence[str]], weights: Mapping[str, float], *, k: int = RRF_K) -> dict[str, float]:
    """Weighted reciprocal rank fusion.

    Args:
        rankings: name of a ranking -> identifiers, best first.
        weights: name of a ranking -> its weight.

    Returns:
        identifier -> score: the sum over rankings of weight / (k + rank), ranks from 1.
    """
    scores: dict[str, float] = {}
    for name, ranking in rankings.items():
        for position, identifier in enumerate(ranking):
            scores[identifier] = scores.get(identifier, 0.0) + weights[name] / (k + position + 1)
    return scores


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for one message as an answer to a query. More of each, but for `is_question`, never ranks it lower."""

    words: float
    """BM25 over the message and its three-turn window, as a share of the best found; 0 to 1."""
    neighbour_words: float = 0.0
    """The same of the message before and of the one after it, added."""
    talk_words: float = 0.0
    """The mean of the best `BEST_OF_TALK` of its conversation: talk stays on its topic."""
    meaning: float = 0.0
    """Cosine to the query."""
    neighbour_meaning: float = 0.0
    """The same of the message before and of the one after it, added."""
    speaker: float = 0.0
    """1 when the query asks for what this speaker said."""
    date: float = 0.0
    """1 within a time that the query names, falling after it."""
    length: float = 0.0
    """See `length`: a thank-you answers nothing."""
    is_question: float = 0.0
    """1 when it ends with a question mark: it asks, where an answer is wanted."""
    has_meaning: bool = True
    """False when there are no vectors to compare: words weigh more then."""


WITH_MEANING = Evidence(
    words=4.5,
    neighbour_words=0.4,
    talk_words=2.5,
    meaning=7.0,
    neighbour_meaning=0.7,
    speaker=0.8,
    date=4.0,
    length=1.3,
    is_question=-1.0,
)
"""Fitted by listwise logistic regression (ListNet: Cao et al., ICML 2007) on five LoCoMo conversations, then moved to
round numbers in the middle of the plateau that LoCoMo and LongMemEval share. Measured with each conversation left out
of the fit in turn: benchmarks/LOG.md. `python -m benchmarks.trials` fits them again."""
WORDS_ALONE = Evidence(
    words=4.5,
    neighbour_words=1.0,
    talk_words=3.7,
    speaker=1.0,
    date=4.0,
    length=1.0,
    is_question=-1.0,
)
"""The same, fitted without the encoder: while it loads, and in a process that has no index."""


def blend(evidence: Evidence) -> float:
    """The weighted sum: a log-odds, comparable within one query only."""
    weights = WITH_MEANING if evidence.has_meaning else WORDS_ALONE
    return (
        weights.words * evidence.words
        + weights.neighbour_words * evidence.neighbour_words
        + weights.talk_words * evidence.talk_words
        + weights.meaning * evidence.meaning
        + weights.neighbour_meaning * evidence.neighbour_meaning
        + weights.speaker * evidence.speaker
        + weights.date * evidence.date
        + weights.length * evidence.length
        + weights.is_question * evidence.is_question
    )


def added(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Two blends of each message, added as log-odds of two witnesses; who is missing from one counts as its least."""
    least = {id(blends): min(blends.values(), default=0.0) for blends in (one, other)}
    return {
        identifier: sum(blends.get(identifier, least[id(blends)]) for blends in (one, other))
        for identifier in {**one, **other}
    }


def keeping_up(order: Sequence[str], first: Sequence[str]) -> list[str]:
    """`order`, changed so that the n-th of `first` comes at place 2 n or before. Holds all of both, each once."""
    result: dict[str, None] = {}
    rest = iter([*order, *first])
    for identifier in rest:
        if identifier in result:
            continue
        owed = (len(result) + 1) // 2 - 1 if len(result) % 2 else None
        if owed is not None and owed < len(first):
            result.setdefault(first[owed])
        result.setdefault(identifier)
    return list(result)


def length(words: int) -> float:
    """How much a message of so many words can say, from 0 up to `LONG_WORDS`: the natural logarithm of one more."""
    return math.log1p(min(words, LONG_WORDS))


def relevances(blends: Mapping[str, float]) -> dict[str, float]:
    """Log-odds as positive scores, the best one 1: what small shares can be added to. Keeps the order."""
    best = max(blends.values(), default=0.0)
    return {identifier: math.exp(max(value - best, -_LEAST)) for identifier, value in blends.items()}


_LEAST = 600.0
"""Beyond it `exp` is 0 and equals stop being ordered."""


def best_of_talk(words: Mapping[str, float], talks: Mapping[str, str]) -> dict[str, float]:
    """The mean of the best `BEST_OF_TALK` values of each conversation, missing ones counted as 0.

    Args:
        words: message -> its value.
        talks: message -> its conversation.
    """
    values: dict[str, list[float]] = {}
    for identifier, value in words.items():
        values.setdefault(talks[identifier], []).append(value)
    return {talk: sum(sorted(found, reverse=True)[:BEST_OF_TALK]) / BEST_OF_TALK for talk, found in values.items()}


def priors(score: float, *, created_at: datetime, importance: float, now: datetime) -> float:
    """`score`, nudged by age and importance. Small on purpose: the words decide. Monotone in `score`."""
    age_days = max(0.0, (now - created_at).total_seconds() / 86_400)
    recency = math.exp(-math.log(2) * age_days / RECENCY_HALF_LIFE_DAYS)
    return score * (1 + RECENCY_SHARE * recency) * (1 + IMPORTANCE_SHARE * importance)


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Identifiers, best first; equals in order of identifier, so that the same items always rank the same."""
    return sorted(scores, key=lambda identifier: (-scores[identifier], identifier))


def without_copies(identifiers: Sequence[str], words: Mapping[str, frozenset[str]], limit: int) -> list[str]:
    """The first `limit`, near-copies of an earlier one moved behind all others: the extreme of marginal relevance.

    Two are near-copies when they share `COPY_SHARE` of their words. Nothing is dropped, so a low limit is still filled.
    """
    first: list[str] = []
    copies: list[str] = []
    for identifier in identifiers:
        mine = words[identifier]
        copy = any(_shared(mine, words[other]) >= COPY_SHARE for other in first)
        (copies if copy else first).append(identifier)
        if len(first) == limit:
            break
    return (first + copies)[:limit]


def behind_what_holds_as_much(
    identifiers: Sequence[str], words: Mapping[str, frozenset[str]], asked: Set[str], moved: Set[str]
) -> list[str]:
    """The identifiers with each of `moved` behind every other that holds as many of the words asked for, or more."""
    order = [identifier for identifier in identifiers if identifier not in moved]
    for identifier in (identifier for identifier in identifiers if identifier in moved):
        mine = len(asked & words[identifier])
        last = max((n + 1 for n, other in enumerate(order) if len(asked & words[other]) >= mine), default=0)
        order.insert(max(last, min(identifiers.index(identifier), len(order))), identifier)
    return order


def _shared(some: frozenset[str], others: frozenset[str]) -> float:
    fewer, more = sorted((len(some), len(others)))
    if fewer < COPY_SHARE * more:
        return 0.0
    return len(some & others) / len(some | others) if some or others else 0.0
