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
from random import Random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
"""The chance that a user who rates at random ever sees a change, over all batches together."""
CATALOGUE_SHARE = 0.7
"""The part of `ALPHA` for the fixed catalogue, which is there from the first rating; batches that follow share the rest."""
MIN_RATINGS, MIN_DISLIKES = 6, 2
"""Nothing changes before: a user who dislikes nothing asks for nothing."""
FLOOR = 0.02
"""Nats per token: rewards that move less than this all together are noise and are not blown up."""
THRESHOLDS = (-0.25, 0.0, 0.25, 0.5)
"""Where liking may begin, in root mean squares of the candidate's rewards so far."""
SLOPE = 8.0
SIGN_THRESHOLDS = (-0.75, -0.25, 0.25, 0.75)
"""The same for signs, in standard deviations from their mean so far."""
LIKED_ABOVE, LIKED_BELOW = 0.92, 0.08
"""How often answers on either side are liked: a clear taste with some noise. More ways to bet on would cost stakes."""
REASON_AGAIN, RANDOM_REASON = 0.85, 0.25
GAIN = 0.5
"""Standard deviations: two to one that the difference is not chance. The error of a lifetime is kept by the stakes."""
TRIAL_SHARPNESS = 2.0
TRIAL_CHANCE, TRIAL_CHANCE_MORE = 0.7, 0.95
"""After one dislike among the last `RECENT` ratings, and after more. The rest is the control."""
TRIAL_CHANCE_BALANCED = 0.4
RECENT = 4


def thumb_wealth(labels: ArrayLike, rewards: ArrayLike, signs: ArrayLike | None = None) -> NDArray[np.float64]:
    """log E after each thumb, in nats.

    Args:
        labels: (n,) True for a like.
        rewards: (n,) r_p of the rated answers, nats per token; NaN where there is none.
        signs: (n,) how much each answer looks like the rule, in any unit; None when it cannot be seen. Half of the
            stakes are then bet by it.

    Returns:
        (n + 1,): the first is 0, before any thumb.
    """
    y = np.asarray(labels, dtype=bool)
    if y.size == 0:
        return np.zeros(1)
    counts: NDArray[Any] = np.arange(1, y.size + 1)
    # Scales look at answers, never at labels, so they may include the present one.
    r: NDArray[np.float64] = np.asarray(rewards, dtype=np.float64)
    bets = []
    if not np.isnan(r).all():
        known = np.nan_to_num(r)
        bets.append(_bet(y, known / np.maximum(FLOOR, np.sqrt(np.cumsum(known**2) / counts)), THRESHOLDS))
    if signs is not None:
        s: NDArray[np.float64] = np.asarray(signs, dtype=np.float64)
        mean = np.cumsum(s) / counts
        spread = np.sqrt(np.maximum(0.0, np.cumsum(s**2) / counts - mean**2))
        bets.append(_bet(y, np.where(spread > 1e-6, (s - mean) / np.maximum(spread, 1e-6), 0.0), SIGN_THRESHOLDS))
    if not bets:
        return np.zeros(y.size + 1)
    both = np.logaddexp.reduce(np.stack(bets), axis=0) - math.log(len(bets))
    likes: NDArray[Any] = np.cumsum(y)
    null = _entropy(likes, counts) + _entropy(counts - likes, counts)
    return np.concatenate([[0.0], both - null])


def _bet(y: NDArray[np.bool_], z: NDArray[np.float64], thresholds: Sequence[float]) -> NDArray[np.float64]:
    """log of the likelihood of the labels so far, (n,), averaged over where liking may begin."""
    like = LIKED_BELOW + (LIKED_ABOVE - LIKED_BELOW) / (1 + np.exp(-SLOPE * (z - np.array(thresholds)[:, None])))
    paths = np.cumsum(np.log(np.where(y, like, 1 - like)), axis=1)
    result: NDArray[np.float64] = np.logaddexp.reduce(paths, axis=0) - math.log(len(thresholds))
    return result


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
    return won * math.log(2 * LIKED_ABOVE) + lost * math.log(2 * (1 - LIKED_ABOVE))


def reason_wealth(named: Sequence[bool]) -> float:
    """log E over the reasons that were ticked, in nats: does the user go on giving the reason that named the candidate?

    Someone who ticks at random among the six reasons of style names one rule less often than `RANDOM_REASON`.
    """
    again, other = sum(named), sum(not n for n in named)
    return again * math.log(REASON_AGAIN / RANDOM_REASON) + other * math.log((1 - REASON_AGAIN) / (1 - RANDOM_REASON))


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


def gains(tried: Sequence[bool], others: Sequence[bool]) -> bool:
    """Were answers liked more with an edit than without: the difference of the two rates, in its standard deviations.

    Args:
        tried: thumbs on answers that were written with it; at least one must be a like.
        others: thumbs on answers that were written without any trial.
    """
    if not any(tried):
        return False
    rates, variances = [], []
    for labels in (tried, others):
        n, likes = len(labels) + 2, sum(labels) + 1
        rates.append(likes / n)
        variances.append(likes * (n - likes) / (n**2 * (n + 1)))
    return rates[0] - rates[1] >= GAIN * math.sqrt(sum(variances))


def trial_chance(labels: Sequence[bool], *, leading: float = 0.0) -> float:
    """How likely the next answer should try something else: nothing while the user is content.

    Args:
        labels: the thumbs since the last change, oldest first.
        leading: the share of the candidate that is tried most. Once one leads, likes and dislikes should balance, since a
            bet wins most where either may come.
    """
    if sum(not label for label in labels) < MIN_DISLIKES:
        return 0.0
    disliked = sum(not label for label in labels[-RECENT:])
    chance = 0.0 if not disliked else TRIAL_CHANCE if disliked == 1 else TRIAL_CHANCE_MORE
    enough_likes = 2 * sum(labels) >= len(labels)
    return min(chance, TRIAL_CHANCE_BALANCED) if leading > 0.5 and enough_likes else chance


def trial_shares(wealth: Mapping[str, float]) -> dict[str, float]:
    """How often each candidate should be the one that is tried: in proportion to what it has won (probability matching).

    Args:
        wealth: candidate -> log E.
    """
    top = max(wealth.values(), default=0.0)
    weights = {name: math.exp(TRIAL_SHARPNESS * (wealth[name] - top)) for name in sorted(wealth)}
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def choose_trial(shares: Mapping[str, float], random: Random) -> str | None:
    """One candidate by its share."""
    return random.choices(list(shares), list(shares.values()))[0] if shares else None
