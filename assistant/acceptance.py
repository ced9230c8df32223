"""Whether a change of prompt has earned its place: an e-process over ratings. Pure arithmetic, for any order of looks.

Each candidate bets on every rating that comes *after* it was made, before the rating is known to it: "an answer that I
make likelier will be liked". The stakes multiply. Against it stands the best constant like-rate in hindsight,

    E_t = sum_g w_g prod_i P_g(label_i | answer_i) / max_theta prod_i theta^label_i (1 - theta)^(1 - label_i)

a ratio of universal inference (Wasserman, Ramdas, Balakrishnan 2020). For a user whose thumbs have nothing to do with
the answers, at any like-rate, E_t never exceeds a non-negative martingale that starts at 1, whatever answers were shown
and however often we look: P(E_t ever >= c) <= 1/c (Ville). Centring by hand is not needed, since theta is the best there is: a
user who likes nearly everything makes no candidate a winner.

g runs over three views of an answer (its reward, its sign, whether the rule was on trial in it), over where liking may
begin, and over the topics for which the rule may be wanted. All of these, and their parts of the stakes, are fixed before
the first rating, and a mean of such ratios is one again. So a batch of candidates bets together: it is accepted when the
mean of its candidates' E, weighted by their parts of the stakes, reaches 1 / alpha_j. The alphas of a lifetime sum to 5 %.
Which candidate of such a batch takes effect costs none of that error, however it is chosen: for a user who rates at random
any would be wrong, and the chance that a batch ever gets there is bounded already. It is chosen by what it won over what
topics alone explain (`topics_alone`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALPHA = 0.05
"""The most that the chance may be that a user who rates at random ever sees a change, over all batches together. As a change must
be liked more on its topics than what is there besides, fewer of them see one: 200 lifetimes must show it."""
CATALOGUE_SHARE = 0.7
"""The part of `ALPHA` for the fixed catalogue, which is there from the first rating; batches that follow share the rest."""
MIN_RATINGS, MIN_DISLIKES = 6, 2
"""Nothing changes before: a user who dislikes nothing asks for nothing."""
FLOOR = 0.02
"""Nats per token: rewards that move less than this all together are noise and are not blown up."""
THRESHOLDS = (-0.25, 0.0, 0.25, 0.5)
"""Where liking may begin, in root mean squares of the candidate's rewards so far."""
SLOPE = 8.0
SIGN_SLOPE = 20.0
"""Per unit of a sign: lengths that differ by a tenth are told apart, and counts are."""
SIGN_FLOOR = 0.1
"""Two answers whose signs differ by less are of one kind: the pick between them says nothing."""
LIKED_ABOVE, LIKED_BELOW = 0.92, 0.08
"""How often answers on either side are liked: a clear taste with some noise. More ways to bet on would cost stakes."""
REWARD_SHARE, SIGN_SHARE, TRIED_SHARE = 0.2, 0.6, 0.2
"""The parts of the stakes that are bet on each view of an answer, of those that there are. On the trials alone: liked where the
rule was tried, disliked elsewhere."""
EVERYWHERE_SHARE = 0.75
"""The part of the stakes for a rule that is wanted whatever is asked; each set of topics has the same part of the rest."""
NEARLY_BEST = 1.0
"""Nats: of a batch that is accepted, what won nearly as much as the best may take effect in its place."""
EVIDENT = 0.0
"""Nats: what has won so much beyond its part of the batch, over what topics alone explain, goes before what they explain."""
REASON_AGAIN, RANDOM_REASON = 0.85, 0.25
GAIN = 0.5
"""Standard deviations: two to one that the difference is not chance. The error of a lifetime is kept by the stakes."""
TRIAL_SHARPNESS = 3.0
TRIAL_CHANCE, TRIAL_CHANCE_MORE = 0.9, 1.0
"""After one dislike among the last `RECENT` ratings, and after more. The rest is the control."""
TRIAL_CHANCE_BALANCED = 0.3
TRIAL_DISLIKED, TRIAL_DISLIKED_ELSEWHERE = 1.5, 0.7
"""Nats that a dislike of an answer in its manner costs a candidate when the next trial is chosen: on the same topic, on others."""
RECENT = 4


def thumb_wealth(
    labels: ArrayLike,
    rewards: ArrayLike,
    signs: ArrayLike | None = None,
    tried: ArrayLike | None = None,
    *,
    bounds: Sequence[float] = (),
    reach: float = math.inf,
    trust: float = 1.0,
) -> NDArray[np.float64]:
    """log E after each thumb, in nats, of a rule that is wanted whatever is asked.

    Args:
        labels: (n,) True for a like.
        rewards: (n,) r_p of the rated answers, nats per token; NaN where there is none.
        signs: (n,) how much each answer looks like the rule, in a unit of its own; None when it cannot be seen.
        tried: (n,) True where the answer was written with the rule on trial; None: not known.
        bounds: where liking may begin, in the unit of the signs. Fixed beforehand: were they moved with what is seen, early
            answers would be judged by another bound than late ones.
        reach: each bound's part of the stakes falls to 1/e this far from the sign of the first answer, which is known before
            its thumb. Infinite: all bounds have the same part.
        trust: times the stakes of the sign, where it tells little.

    Returns:
        (n + 1,): the first is 0, before any thumb.
    """
    y = np.asarray(labels, dtype=bool)
    bets = _bets(rewards, signs, tried, bounds, reach, trust) if y.size else []
    if not bets:
        return np.zeros(y.size + 1)
    paths = [_mixed(np.cumsum(_log_chance(y, like), axis=1), parts) for parts, like in bets]
    return np.concatenate([[0.0], np.logaddexp.reduce(np.stack(paths), axis=0) - _null(y)])


def scoped_wealth(
    labels: ArrayLike,
    rewards: ArrayLike,
    signs: ArrayLike | None = None,
    tried: ArrayLike | None = None,
    *,
    bounds: Sequence[float] = (),
    reach: float = math.inf,
    trust: float = 1.0,
    inside: Sequence[Sequence[bool]],
) -> NDArray[np.float64]:
    """log E after all thumbs, in nats, of the rule being wanted everywhere, and of each set of topics.

    Outside its topics a rule bets in halves that answers in its manner are disliked there, and that they are neither
    liked nor disliked for it (Krichevsky and Trofimov's estimate of the like-rate).

    Args:
        labels, rewards, signs, tried, bounds, reach, trust: as in `thumb_wealth`.
        inside: (s, n) True where a rating is of the topics of a set.

    Returns:
        (1 + s,): everywhere first. All 0 where nothing can be bet on.
    """
    y = np.asarray(labels, dtype=bool)
    within: NDArray[np.float64] = np.asarray(inside, dtype=np.float64).reshape(len(inside), y.size)
    bets = _bets(rewards, signs, tried, bounds, reach, trust) if y.size else []
    if not bets:
        return np.zeros(1 + len(within))
    likes = (1 - within) @ y
    others = (1 - within).sum(axis=1)
    indifferent = np.array([_estimated(int(k), int(n)) for k, n in zip(likes, others, strict=True)])
    parts = []
    for weights, like in bets:
        chances, reverse = _log_chance(y, like), _log_chance(y, LIKED_ABOVE + LIKED_BELOW - like)
        here = within @ chances.T
        there = np.logaddexp((1 - within) @ reverse.T, indifferent[:, None]) - math.log(2)
        everywhere = chances.sum(axis=1)[None, :]
        parts.append(_mixed(np.concatenate([everywhere, here + there]).T, weights))
    result: NDArray[np.float64] = np.logaddexp.reduce(np.stack(parts), axis=0) - float(_null(y)[-1])
    return result


def topics_alone(labels: ArrayLike, inside: Sequence[Sequence[bool]]) -> NDArray[np.float64]:
    """How much likelier the thumbs are, in nats, when each set of topics has a like-rate of its own and the rest another.

    That answers about facts are disliked is no evidence for any rule about facts: whatever is wanted there, and has not been
    tried, would win by it. So this is taken off before candidates are compared with one another.

    Args:
        labels, inside: as in `scoped_wealth`.

    Returns:
        (1 + s,): everywhere first, where it is 0.
    """
    y: NDArray[np.float64] = np.asarray(labels, dtype=np.float64)
    within: NDArray[np.float64] = np.asarray(inside, dtype=np.float64).reshape(len(inside), y.size)

    def best(likes: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
        whole = np.maximum(n, 1)
        return _entropy(likes, whole) + _entropy(n - likes, whole)

    n, likes = within.sum(axis=1), within @ y
    together = best(np.full_like(likes, y.sum()), np.full_like(n, y.size))
    return np.concatenate([[0.0], best(likes, n) + best(y.sum() - likes, y.size - n) - together])


def scope_shares(sets: int) -> NDArray[np.float64]:
    """log of the part of the stakes for a rule that is wanted everywhere, and for each of `sets` sets of topics."""
    if not sets:
        return np.zeros(1)
    return np.log(np.array([EVERYWHERE_SHARE, *[(1 - EVERYWHERE_SHARE) / sets] * sets], dtype=np.float64))


def _bets(
    rewards: ArrayLike,
    signs: ArrayLike | None,
    tried: ArrayLike | None,
    bounds: Sequence[float],
    reach: float,
    trust: float,
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """What is bet, view by view: (log of the parts of the stakes (thresholds,), how likely a like is (thresholds, n))."""
    # The scale of rewards looks at answers, never at labels, so it may include the present one.
    r: NDArray[np.float64] = np.asarray(rewards, dtype=np.float64)
    counts: NDArray[Any] = np.arange(1, r.size + 1)
    seen: list[tuple[float, NDArray[np.float64], NDArray[np.float64]]] = []
    if not np.isnan(r).all():
        known = np.nan_to_num(r)
        scale = np.maximum(FLOOR, np.sqrt(np.cumsum(known**2) / counts))
        even = np.full(len(THRESHOLDS), -math.log(len(THRESHOLDS)))
        seen.append((REWARD_SHARE, even, _like(known / scale, THRESHOLDS, SLOPE)))
    if signs is not None:
        s: NDArray[np.float64] = np.asarray(signs, dtype=np.float64)
        near = -np.abs(np.asarray(bounds, dtype=np.float64) - s[0]) / reach
        seen.append((SIGN_SHARE * trust, near - np.logaddexp.reduce(near), _like(s, bounds, SIGN_SLOPE)))
    if tried is not None and seen:
        arm = np.where(np.asarray(tried, dtype=bool), LIKED_ABOVE, LIKED_BELOW)[None, :]
        seen.append((TRIED_SHARE, np.zeros(1), arm))
    whole = sum(share for share, _, _ in seen)
    return [(math.log(share / whole) + parts, like) for share, parts, like in seen]


def _like(values: NDArray[np.float64], thresholds: Sequence[float], slope: float) -> NDArray[np.float64]:
    """How likely a like is, (thresholds, n), for where liking may begin."""
    above = np.tanh(slope / 2 * (values - np.array(thresholds)[:, None]))
    result: NDArray[np.float64] = LIKED_BELOW + (LIKED_ABOVE - LIKED_BELOW) * (1 + above) / 2
    return result


def _log_chance(y: NDArray[np.bool_], like: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of how likely each label was, (thresholds, n)."""
    result: NDArray[np.float64] = np.log(np.where(y, like, 1 - like))
    return result


def _mixed(log_values: NDArray[np.float64], log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """log of the weighted sum over the first axis."""
    result: NDArray[np.float64] = np.logaddexp.reduce(log_values + log_weights[:, None], axis=0)
    return result


def _estimated(likes: int, n: int) -> float:
    """log of how likely these labels are in any one order when the like-rate is estimated as they come."""
    return math.lgamma(likes + 0.5) + math.lgamma(n - likes + 0.5) - math.lgamma(n + 1) - 2 * math.lgamma(0.5)


def _null(y: NDArray[np.bool_]) -> NDArray[np.float64]:
    """log of how likely the labels so far are at the constant like-rate that suits them best, (n,)."""
    counts: NDArray[Any] = np.arange(1, y.size + 1)
    likes: NDArray[Any] = np.cumsum(y)
    return _entropy(likes, counts) + _entropy(counts - likes, counts)


def _entropy(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    share = np.where(part > 0, part / whole, 1.0)
    result: NDArray[np.float64] = part * np.log(share)
    return result


def pair_wealth(margins: ArrayLike, *, floor: float = FLOOR) -> float:
    """log E over pairs, in nats. A user who picks blindly prefers the candidate's side half of the time.

    Args:
        margins: (n,) r_p of the better answer less that of the other, or its sign less the other's where there are no rewards.
        floor: margins within this of 0 say nothing. The size of a margin is known before the pick, so that is fair too.
    """
    m = np.asarray(margins, dtype=np.float64)
    won, lost = int((m > floor).sum()), int((m < -floor).sum())
    return won * math.log(2 * LIKED_ABOVE) + lost * math.log(2 * (1 - LIKED_ABOVE))


def reason_wealth(named: Sequence[bool]) -> float:
    """log E over the reasons that were ticked, in nats: does the user go on giving the reason that named the candidate?

    Someone who ticks at random among the six reasons of style names one rule less often than `RANDOM_REASON`.
    """
    again, other = sum(named), sum(not n for n in named)
    return again * math.log(REASON_AGAIN / RANDOM_REASON) + other * math.log((1 - REASON_AGAIN) / (1 - RANDOM_REASON))


def threshold(batch: int, part: float = 1.0) -> float:
    """log of the stake at which a candidate of a batch would be accepted if it were the only one that won anything.

    Args:
        batch: 0 for the fixed catalogue, then 1, 2, … in the order in which batches were made.
        part: of the stakes of the batch that the candidate bets with, fixed when the batch is made; all of a batch sum to 1.
    """
    share = CATALOGUE_SHARE if batch == 0 else (1 - CATALOGUE_SHARE) * 6 / (math.pi**2 * batch**2)
    return -math.log(ALPHA * share * part)


def batch_lead(leads: Sequence[float]) -> float:
    """How far a batch is beyond its stake, in nats, from how far each of its candidates is: accepted at 0 and above."""
    return float(np.logaddexp.reduce(np.array(leads))) if leads else -math.inf


def enough(labels: Sequence[bool], *, more: int = 0) -> bool:
    """Is there anything to learn from yet?

    Args:
        labels: the thumbs so far.
        more: pairs and edited answers, which count as ratings too.
    """
    return len(labels) + more >= MIN_RATINGS and sum(not label for label in labels) >= MIN_DISLIKES


def gains(tried: Sequence[tuple[str, bool]], others: Sequence[tuple[str, bool]]) -> bool:
    """Were answers liked more with an edit than those on the same topics without: the difference in its standard deviations.

    Args:
        tried: (topic, thumb) of the answers that were written with it; at least one must be a like.
        others: the same of answers that were written without any trial. A topic that has few is taken to be as they all are.
    """
    if not any(liked for _, liked in tried):
        return False
    rate, variance = _beta(sum(liked for _, liked in tried), len(tried), 0.5, 2)
    overall, _ = _beta(sum(liked for _, liked in others), len(others), 0.5, 2)
    expected = 0.0
    for topic, times in Counter(topic for topic, _ in tried).items():
        there = [liked for other, liked in others if other == topic]
        without, spread = _beta(sum(there), len(there), overall, 1)
        expected += times / len(tried) * without
        variance += (times / len(tried)) ** 2 * spread
    return rate - expected >= GAIN * math.sqrt(variance)


def _beta(likes: int, n: int, prior: float, strength: float) -> tuple[float, float]:
    """Mean and variance of a like-rate after n thumbs, when before them it was taken to be `prior`, as after `strength` thumbs."""
    mean = (likes + prior * strength) / (n + strength)
    return mean, mean * (1 - mean) / (n + strength + 1)


def may_gain(tried: Sequence[tuple[str, bool]], others: Sequence[tuple[str, bool]], topic: str) -> bool:
    """Is an edit worth another trial on a topic: would two likes there show that it gains? Not where all is liked anyway.

    Args:
        tried, others: as in `gains`.
    """
    return gains([*tried, (topic, True), (topic, True)], others)


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
