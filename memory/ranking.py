"""Orders what was found. Pure arithmetic: no database, no model, no clock but the one handed in.

Reciprocal rank fusion is Cormack, Clarke and Büttcher (SIGIR 2009); maximal marginal relevance is Carbonell and
Goldstein (SIGIR 1998).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

RRF_K = 10
"""How slowly a rank loses weight. The paper's 60 is for rankings that are equally good; a weak second ranking then
pulls down what the strong one puts on top (benchmarks/LOG.md)."""
SPREAD_SHARE = 0.3
"""How much of its score a message lends to the message before and the one after it."""
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


def spread(
    scores: Mapping[str, float], parents: Mapping[str, str | None], share: float = SPREAD_SHARE
) -> dict[str, float]:
    """Scores raised by `share` of those of the message before and of the messages after: talk stays on its topic.

    Args:
        scores: identifier -> score, at least 0. Only these gain, and only these lend.
        parents: identifier -> the message before it, if any.
    """
    raised = dict(scores)
    for identifier, score in scores.items():
        parent = parents.get(identifier)
        if parent is not None and parent in scores:
            raised[parent] += share * score
            raised[identifier] += share * scores[parent]
    return raised


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


def _shared(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / len(some | others) if some or others else 0.0
