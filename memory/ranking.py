"""Orders what was found. Pure arithmetic: no database, no model, no clock but the one handed in.

Reciprocal rank fusion is Cormack, Clarke and Büttcher (SIGIR 2009); maximal marginal relevance is Carbonell and
Goldstein (SIGIR 1998).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

RRF_K = 60
"""The constant of the paper: how slowly a rank loses weight."""
RECENCY_SHARE = 0.05
"""The newest item gains at most this share of its score; see `priors`."""
IMPORTANCE_SHARE = 0.05
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


def blend(main: Mapping[str, float], other: Mapping[str, float], share: float) -> dict[str, float]:
    """Scores of `main` raised by `share` of those of `other`, each scaled to its own maximum. All are at least 0."""
    top, other_top = max(main.values(), default=0.0) or 1.0, max(other.values(), default=0.0) or 1.0
    return {key: value / top + share * other.get(key, 0.0) / other_top for key, value in main.items()}


def priors(score: float, *, created_at: datetime, importance: float, now: datetime) -> float:
    """`score`, nudged by age and importance. Small on purpose: the words decide. Monotone in `score`."""
    age_days = max(0.0, (now - created_at).total_seconds() / 86_400)
    recency = math.exp(-math.log(2) * age_days / RECENCY_HALF_LIFE_DAYS)
    return score * (1 + RECENCY_SHARE * recency) * (1 + IMPORTANCE_SHARE * importance)


def ranked(scores: Mapping[str, float]) -> list[str]:
    """Identifiers, best first; equals in order of identifier, so that the same items always rank the same."""
    return sorted(scores, key=lambda identifier: (-scores[identifier], identifier))
