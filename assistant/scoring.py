"""How well a prompt fits what was rated: the score of FERMI, by log-probability. Pure arithmetic: no model, no database.

A prompt p is scored by how it moves the model towards answers that were liked and away from those that were not,
against the prompt p0 that is in force. With y an answer to x, |y| its tokens,

    r_p(x, y) = (log pi(y | p, x) - log pi(y | p0, x)) / |y|                        nats per token

which is DPO's implicit reward (Rafailov et al. 2023) with p0 as the reference. The mean over tokens, never the sum:
a sum would call every long answer extreme. Pairs are scored as in DPO, single thumbs as in KTO (Ethayarajh et al.
2024), mis-aligned examples are those of Kim & Yang 2024 (arXiv 2406.18678).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MISALIGNED_AT = 0.5
"""A score at or below this is no gain: p0 itself scores 0.5 on everything."""
GATE_FAILURES = 3
"""A candidate that does not help on this many mis-aligned examples is not scored on the others."""


@dataclass(frozen=True, kw_only=True)
class LogProbability:
    """Of one answer under one prompt, in nats, over its tokens and the one that ends it."""

    total: float
    tokens: int

    @property
    def mean(self) -> float:
        return self.total / self.tokens if self.tokens else 0.0


def reward(under_p: LogProbability, under_p0: LogProbability) -> float:
    """r_p in nats per token: positive when the prompt makes the answer likelier."""
    return under_p.mean - under_p0.mean


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def pair_score(liked: float, disliked: float, *, beta: float = 1.0) -> float:
    """0 to 1: does the prompt raise the liked answer of a pair over the other? Both are rewards."""
    return sigmoid(beta * (liked - disliked))


def shift_baseline(shifted: Sequence[float]) -> float:
    """KTO's z0 from the rewards of answers to other questions, (x_i, y_i+1): never negative, 0 when there are none."""
    return max(0.0, sum(shifted) / len(shifted)) if shifted else 0.0


def thumb_score(r: float, rating: Literal[1, -1], *, z0: float = 0.0, beta: float = 1.0) -> float:
    """0 to 1: does the prompt move the model as this thumb asks?"""
    return sigmoid(beta * (r - z0) * rating)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One rated answer under one prompt: its reward, and what the user said. Facts are not among these."""

    id: str
    """Of the rating."""
    reward: float
    rating: Literal[1, -1]
    against: float | None = None
    """The reward of the answer it was preferred to, when it is the liked one of a pair."""


@dataclass(frozen=True, kw_only=True)
class PromptScore:
    score: float
    """The weighted mean over the examples, 0 to 1; 0.5 is p0."""
    low: float
    high: float
    """An interval of about 90 % around it (normal approximation of the weighted mean)."""
    misaligned: tuple[str, ...]
    """Identifiers of the examples it still gets wrong."""
    n: int


def score_prompt(examples: Sequence[Example], *, shifted: Sequence[float] = (), beta: float = 1.0) -> PromptScore:
    """Score a prompt on rated answers.

    Args:
        examples: likes and dislikes; pairs count as likes with `against`.
        shifted: rewards of (x_i, y_i+1), for z0.

    Likes and dislikes weigh the same in total, so that a user who likes nearly everything is not read as asking for
    nothing else.
    """
    z0 = shift_baseline(shifted)
    scores = [
        thumb_score(e.reward, e.rating, z0=z0, beta=beta)
        if e.against is None
        else pair_score(e.reward, e.against, beta=beta)
        for e in examples
    ]
    if not scores:
        return PromptScore(score=0.5, low=0.0, high=1.0, misaligned=(), n=0)
    weights = balanced_weights([e.rating for e in examples])
    mean = sum(w * s for w, s in zip(weights, scores, strict=True))
    variance = sum((w * (s - mean)) ** 2 for w, s in zip(weights, scores, strict=True))
    half = 1.645 * math.sqrt(variance)
    wrong = tuple(e.id for e, s in zip(examples, scores, strict=True) if s <= MISALIGNED_AT)
    return PromptScore(
        score=mean, low=max(0.0, mean - half), high=min(1.0, mean + half), misaligned=wrong, n=len(scores)
    )


def balanced_weights(ratings: Sequence[int]) -> list[float]:
    """Weights that sum to 1, half of it for each side that occurs."""
    likes = sum(1 for r in ratings if r > 0)
    dislikes = len(ratings) - likes
    sides = (likes > 0) + (dislikes > 0)
    return [1 / (sides * (likes if r > 0 else dislikes)) for r in ratings]


def passes_gate(rewards: Sequence[tuple[float, Literal[1, -1]]]) -> bool:
    """The minibatch gate: on a few of the examples that p0 gets wrong, does the candidate help on balance?

    Args:
        rewards: (r_p, rating) of at most `GATE_FAILURES` examples.
    """
    return not rewards or sum(thumb_score(r, rating) for r, rating in rewards) / len(rewards) > MISALIGNED_AT
