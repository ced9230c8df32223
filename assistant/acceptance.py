"""Whether a change of prompt has earned its place: an e-process over ratings. Pure arithmetic, for any order of looks.

Each candidate bets on every rating that comes *after* it was made, before the rating is known to it: "an answer that I
make likelier will be liked". The stakes multiply. Against it stands the best constant like-rate in hindsight,

    E_t = sum_g w_g prod_i P_g(label_i | reward_i)  /  max_theta prod_i theta^label_i (1 - theta)^(1 - label_i)

a ratio of universal inference (Wasserman, Ramdas, Balakrishnan 2020). For a user whose thumbs have nothing to do with
the answers, at any like-rate, E_t never exceeds a non-negative martingale that starts at 1, whatever answers were shown
and however often we look: P(E_t ever >= c) <= 1/c (Ville). Centring by hand is not needed, since theta is the best there is: a
user who likes nearly everything makes no candidate a winner.

The j-th batch of K candidates is accepted at E >= K / alpha_j, and the alphas of a lifetime sum to 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
"""The chance that a user who rates at random ever sees a change, over all batches together."""
CATALOGUE_SHARE = 0.6
"""The part of `ALPHA` for the fixed catalogue, which is there from the first rating; batches that follow share the rest."""
MIN_RATINGS, MIN_DISLIKES = 6, 2
"""Nothing changes before: a user who dislikes nothing asks for nothing."""
FLOOR = 0.02
"""Nats per token: rewards that move less than this all together are noise and are not blown up."""
THRESHOLDS = (-0.25, 0.0, 0.25, 0.5)
"""Where liking may begin, in root mean squares of the candidate's rewards so far."""
SLOPE = 8.0
LIKED_ABOVE = (0.95, 0.8)
LIKED_BELOW = (0.05, 0.2)
"""How often answers on either side are liked: a clear taste, and one with noise. More ways to bet on cost stakes."""
PAIR_RATES = (0.97, 0.85, 0.7)
TRIAL_SHARPNESS = 1.5
TRIAL_CHANCE, TRIAL_CHANCE_MORE = 0.7, 0.95
"""After one dislike among the last `RECENT` ratings, and after more. The rest is the control."""
RECENT = 4


@cache
def _grid() -> tuple[NDArray[np.float64], ...]:
    """Every way of liking that is bet on, all of them the right way round: (threshold, below, above), each (G,)."""
    found = [(c, low, high) for c in THRESHOLDS for low in LIKED_BELOW for high in LIKED_ABOVE]
    return tuple(np.array(found).T)


def thumb_wealth(labels: ArrayLike, rewards: ArrayLike) -> NDArray[np.float64]:
    """log E after each thumb, in nats.

    Args:
        labels: (n,) True for a like.
        rewards: (n,) r_p of the rated answers, nats per token.

    Returns:
        (n + 1,): the first is 0, before any thumb.
    """
    y = np.asarray(labels, dtype=bool)
    r: NDArray[np.float64] = np.asarray(rewards, dtype=np.float64)
    if y.size == 0:
        return np.zeros(1)
    counts: NDArray[Any] = np.arange(1, y.size + 1)
    # The scale looks at answers, never at labels, so it may include the present one.
    scale = np.maximum(FLOOR, np.sqrt(np.cumsum(r**2) / counts))
    threshold, below, above = (column[:, None] for column in _grid())
    like = below + (above - below) / (1 + np.exp(-SLOPE * (r / scale - threshold)))
    steps = np.log(np.where(y, like, 1 - like))
    paths = np.cumsum(steps, axis=1)
    top = paths.max(axis=0)
    bet = top + np.log(np.exp(paths - top).mean(axis=0))
    likes: NDArray[Any] = np.cumsum(y)
    null = _entropy(likes, counts) + _entropy(counts - likes, counts)
    return np.concatenate([[0.0], bet - null])


def _entropy(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    share = np.where(part > 0, part / whole, 1.0)
    result: NDArray[np.float64] = part * np.log(share)
    return result


def pair_wealth(margins: ArrayLike) -> float:
    """log E over pairs, in nats. A user who picks blindly prefers the candidate's side half of the time.

    Args:
        margins: (n,) r_p of the better answer less that of the other; those within `FLOOR` of 0 say nothing.
    """
    m = np.asarray(margins, dtype=np.float64)
    won, lost = int((m > FLOOR).sum()), int((m < -FLOOR).sum())
    bets = [won * math.log(2 * p) + lost * math.log(2 * (1 - p)) for p in PAIR_RATES]
    top = max(bets)
    return top + math.log(sum(math.exp(b - top) for b in bets) / len(bets))


def threshold(batch: int, size: int) -> float:
    """log of the stake at which a candidate of a batch is accepted.

    Args:
        batch: 0 for the fixed catalogue, then 1, 2, … in the order in which batches were made.
        size: how many candidates the batch has.
    """
    share = CATALOGUE_SHARE if batch == 0 else (1 - CATALOGUE_SHARE) * 6 / (math.pi**2 * batch**2)
    return math.log(size / (ALPHA * share))


def enough(labels: Sequence[bool], *, more: int = 0) -> bool:
    """Is there anything to learn from yet?

    Args:
        labels: the thumbs so far.
        more: pairs and edited answers, which count as ratings too.
    """
    return len(labels) + more >= MIN_RATINGS and sum(not label for label in labels) >= MIN_DISLIKES


def trial_chance(labels: Sequence[bool]) -> float:
    """How likely the next answer should try something else: nothing while the user is content.

    Args:
        labels: the thumbs so far, oldest first.
    """
    disliked = sum(not label for label in labels[-RECENT:])
    return 0.0 if not disliked else TRIAL_CHANCE if disliked == 1 else TRIAL_CHANCE_MORE


def choose_trial(wealth: Mapping[str, float], random: Random) -> str | None:
    """The candidate to try on an answer: in proportion to what it has won (probability matching).

    Args:
        wealth: candidate -> log E.
    """
    if not wealth:
        return None
    top = max(wealth.values())
    names = sorted(wealth)
    weights = [math.exp(TRIAL_SHARPNESS * (wealth[name] - top)) for name in names]
    return random.choices(names, weights)[0]
