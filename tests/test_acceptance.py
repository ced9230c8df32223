"""When a change has earned its place: power, error, and what must never move it."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import acceptance
from assistant.acceptance import (
    ALPHA,
    batch_lead,
    choose_trial,
    enough,
    gains,
    may_gain,
    pair_wealth,
    reason_wealth,
    scope_shares,
    scoped_wealth,
    threshold,
    thumb_wealth,
    topics_alone,
    trial_chance,
    trial_shares,
)

BOUNDS = (-0.5, 0.0, 0.5)
histories = st.lists(st.tuples(st.booleans(), st.floats(-2, 2)), min_size=1, max_size=40)


def test_a_consistent_taste_is_accepted_within_twenty_ratings() -> None:
    """Seven answers that miss, then likes whenever the rule is tried, one in three a control."""
    labels = [False] * 7 + [True, True, False] * 5
    rewards = [-0.3] * 7 + [0.3, 0.3, -0.3] * 5
    wealth = thumb_wealth(labels, rewards)
    reached = next(i for i, w in enumerate(wealth) if w >= threshold(0, 1 / 13))
    assert 8 <= reached <= 20


@pytest.mark.parametrize("like_rate", [0.1, 0.5, 0.7, 0.9])
def test_a_user_who_rates_at_random_sees_no_change_however_often_we_look(like_rate: float) -> None:
    """Every candidate of the catalogue, after every rating, in 300 lifetimes of 60 ratings."""
    random = np.random.default_rng(5)
    accepted = 0
    for _ in range(300):
        labels = random.random(60) < like_rate
        style = random.normal(size=60)
        best = max(float(thumb_wealth(labels, 0.2 * style + 0.1 * random.normal(size=60)).max()) for _ in range(5))
        accepted += best >= threshold(0, 1 / 5)
    assert accepted / 300 <= ALPHA


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.95), st.integers(0, 10_000))
def test_the_stake_is_fair_for_thumbs_that_know_nothing(like_rate: float, seed: int) -> None:
    """Averaged over every possible run of eight thumbs, the stake is at most what it began with, at any like-rate."""
    random = np.random.default_rng(seed)
    rewards = random.normal(size=8)
    signs = random.normal(size=8) if seed % 2 else None
    expected = 0.0
    for number in range(2**8):
        labels = [bool(number >> bit & 1) for bit in range(8)]
        chance = math.prod(like_rate if y else 1 - like_rate for y in labels)
        expected += chance * math.exp(float(thumb_wealth(labels, rewards, signs, bounds=BOUNDS, reach=0.5)[-1]))
    assert expected <= 1 + 1e-9


@given(st.integers(1, 60), st.floats(-1, 1))
def test_a_user_who_likes_everything_makes_no_candidate_a_winner(n: int, r: float) -> None:
    assert (thumb_wealth([True] * n, [r] * n) <= 1e-9).all()
    assert (thumb_wealth([False] * n, [r] * n) <= 1e-9).all()


@given(histories)
def test_what_was_won_so_far_does_not_depend_on_what_comes(history: list[tuple[bool, float]]) -> None:
    """Prequential: each bet is made before its rating is known."""
    labels, rewards = [y for y, _ in history], [r for _, r in history]
    whole = thumb_wealth(labels, rewards)
    for n in range(len(history) + 1):
        assert math.isclose(thumb_wealth(labels[:n], rewards[:n])[-1], whole[n], abs_tol=1e-9)


@given(histories, st.floats(0.1, 10))
def test_the_unit_of_the_reward_does_not_matter(history: list[tuple[bool, float]], factor: float) -> None:
    labels = [y for y, _ in history]
    rewards = [r if abs(r) > 0.5 else math.copysign(0.5, r) for _, r in history]
    scaled = [factor * r for r in rewards]
    if min(abs(r) for r in [*rewards, *scaled]) >= acceptance.FLOOR:
        assert np.allclose(thumb_wealth(labels, rewards), thumb_wealth(labels, scaled))


@given(histories)
def test_a_candidate_that_users_dislike_loses(history: list[tuple[bool, float]]) -> None:
    labels = [y for y, _ in history]
    right = [0.3 if y else -0.3 for y in labels]
    wrong = [-r for r in right]
    assert thumb_wealth(labels, right)[-1] >= thumb_wealth(labels, wrong)[-1]


def test_a_sign_finds_what_the_reward_has_backwards() -> None:
    """A model whose own notion of short is another one: the reward is no help, the number of words is."""
    labels = [True, False] * 10
    backwards = [-0.5, -0.2] * 10
    words = [-2.0, -3.0] * 10
    assert thumb_wealth(labels, backwards)[-1] < 1 < threshold(0, 1 / 13)
    assert thumb_wealth(labels, backwards, words, bounds=[-2.5])[-1] > threshold(0, 1 / 13)
    assert thumb_wealth(labels, [math.nan] * 20, words, bounds=[-2.5])[-1] > threshold(0, 1 / 13)
    assert thumb_wealth(labels, [math.nan] * 20)[-1] == 0


def test_a_sign_that_tells_little_costs_little() -> None:
    """Exclamation marks are not warmth: where the reward knows better, less is lost on what they say."""
    labels, right, misleading = [True, False] * 10, [0.4, -0.4] * 10, [0.0, 0.0, 1.0, 1.0] * 5

    def won(trust: float) -> float:
        return float(thumb_wealth(labels, right, misleading, bounds=[0.5], trust=trust)[-1])

    assert won(0.2) > won(1.0)
    assert won(0.2) < float(thumb_wealth(labels, right)[-1])


def test_a_bound_near_the_first_answer_has_more_of_the_stakes_and_a_far_one_is_found_too() -> None:
    bounds = [float(bound) for bound in range(-20, 0)]

    def won(signs: list[float], reach: float) -> float:
        labels = [sign > -11 for sign in signs]
        return float(thumb_wealth(labels, [math.nan] * len(signs), signs, bounds=bounds, reach=reach)[-1])

    near, far = [-10.5, -12.0] * 10, [-19.5, *[-10.5, -12.0] * 14]
    assert won(near, 2.0) > won(near, math.inf)
    assert threshold(0, 1 / 13) < won(far, 2.0) < won(far, math.inf)


def test_the_error_of_a_lifetime_is_shared_by_all_batches() -> None:
    batches = [[2 / 15, *[1 / 15] * 13], *[[0.5, 0.25, 0.25]] * 2000]
    spent = sum(math.exp(-threshold(batch, part)) for batch, parts in enumerate(batches) for part in parts)
    assert spent <= ALPHA + 1e-9
    assert threshold(1) < threshold(2) < threshold(3)
    assert threshold(1, 1 / 3) < threshold(1, 1 / 6)


@given(st.lists(st.sampled_from([0.5, -0.5]), max_size=30))
def test_pairs_are_fair_for_who_picks_blindly_and_mirror(margins: list[float]) -> None:
    n = len(margins)
    expected = sum(
        math.comb(n, won) * 0.5**n * math.exp(pair_wealth([0.5] * won + [-0.5] * (n - won))) for won in range(n + 1)
    )
    assert math.isclose(expected, 1, rel_tol=1e-6)
    assert pair_wealth([0.0, 0.001]) == pytest.approx(0)


@given(st.lists(st.floats(-3, 3), max_size=9))
def test_picks_between_what_can_be_seen_are_fair_for_who_picks_blindly(signs: list[float]) -> None:
    """Averaged over every possible run of picks the stake stays what it was, whatever the answers look like."""
    expected = 0.0
    for number in range(2 ** len(signs)):
        margins = [sign if number >> n & 1 else -sign for n, sign in enumerate(signs)]
        expected += math.exp(pair_wealth(margins, floor=acceptance.SIGN_FLOOR)) / 2 ** len(signs)
    assert math.isclose(expected, 1, rel_tol=1e-6)
    assert pair_wealth([0.05, -0.05, 0.09], floor=acceptance.SIGN_FLOOR) == pytest.approx(0)


@given(st.integers(1, 12))
def test_reasons_ticked_at_random_earn_nothing(n: int) -> None:
    """One of six reasons at random: the expected stake never exceeds what it began with."""
    chance = 1 / 6
    expected = sum(
        math.comb(n, k) * chance**k * (1 - chance) ** (n - k) * math.exp(reason_wealth([True] * k + [False] * (n - k)))
        for k in range(n + 1)
    )
    assert expected <= 1
    assert reason_wealth([True] * n) > 0 > reason_wealth([False] * n)


def test_nothing_is_judged_before_six_ratings_with_two_dislikes() -> None:
    assert not enough([False] * 5)
    assert not enough([True] * 5 + [False])
    assert enough([True] * 4 + [False] * 2)
    assert enough([False] * 3, more=3)


def test_nothing_is_tried_on_a_user_who_is_content() -> None:
    assert trial_chance([]) == 0
    assert trial_chance([False]) == 0
    assert trial_chance([False, False] + [True] * 4) == 0
    assert 0 < trial_chance([False, True, True, True, False]) < trial_chance([False, False]) <= 1
    liked = [False, False, True, True, True, False]
    assert trial_chance(liked, leading=0.9) < trial_chance(liked, leading=0.2)
    assert trial_chance([False, False, True], leading=0.9) == trial_chance([False, False, True])


def about(topic: str, labels: list[bool]) -> list[tuple[str, bool]]:
    return [(topic, liked) for liked in labels]


def test_a_trial_must_be_liked_more_than_what_is_there() -> None:
    def beat(tried: list[bool], others: list[bool]) -> bool:
        return gains(about("facts", tried), about("facts", others))

    assert beat([True] * 3, [False] * 6)
    assert beat([True] * 5, [True, False] * 5)
    assert not beat([], [False] * 6)
    assert not beat([False] * 3, [False] * 6)
    assert not beat([True, True, False], [True, True, False] * 3)


def test_a_trial_is_compared_with_answers_on_the_same_topic() -> None:
    """Small talk is liked anyway: what is liked about facts stands out, and liked small talk shows nothing."""
    others = about("talk", [True] * 8) + about("facts", [False] * 5)
    assert gains(about("facts", [True, False, True]), others)
    assert not gains(about("talk", [True] * 3), others)
    assert gains(about("advice", [True] * 3), about("facts", [False] * 5))


def test_an_edit_is_worth_another_trial_where_it_may_still_gain() -> None:
    others = about("talk", [True] * 8) + about("facts", [False] * 5)
    assert may_gain([], others, "facts")
    assert may_gain(about("facts", [False]), others, "facts")
    assert not may_gain(about("facts", [False, False]), about("facts", [True, False] * 4), "facts")
    assert not may_gain([], others, "talk")


def test_what_has_won_most_is_tried_most_and_the_rest_now_and_then() -> None:
    random = Random(3)
    shares = trial_shares({"a": 1.0, "b": 0.0, "c": 0.0})
    chosen = [choose_trial(shares, random) for _ in range(400)]
    assert chosen.count("a") > chosen.count("b") + chosen.count("c") > 0
    assert choose_trial({}, random) is None


# --- topics -----------------------------------------------------------------------------------------------------------

SETS = [[True, True, False, False, True, False, True, False], [True, False, False, True, True, False, False, True]]


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 0.95), st.integers(0, 10_000))
def test_bets_on_topics_are_fair_for_thumbs_that_know_nothing(like_rate: float, seed: int) -> None:
    """Everywhere, for each set of topics, and all of them together with the shares that they have."""
    random = np.random.default_rng(seed)
    rewards, signs, tried = random.normal(size=8), random.normal(size=8), random.random(8) < 0.5
    expected = np.zeros(1 + len(SETS))
    for number in range(2**8):
        labels = [bool(number >> bit & 1) for bit in range(8)]
        chance = math.prod(like_rate if y else 1 - like_rate for y in labels)
        expected += chance * np.exp(scoped_wealth(labels, rewards, signs, tried, bounds=BOUNDS, reach=0.5, inside=SETS))
    assert (expected <= 1 + 1e-9).all()
    assert math.isclose(float(np.exp(scope_shares(len(SETS))).sum()), 1)


@given(histories)
def test_without_topics_the_stakes_are_those_of_a_rule_for_everything(history: list[tuple[bool, float]]) -> None:
    labels, rewards = [y for y, _ in history], [r for _, r in history]
    alone = scoped_wealth(labels, rewards, inside=[])
    assert np.allclose(alone, thumb_wealth(labels, rewards)[-1:])
    assert np.allclose(scoped_wealth(labels, rewards, inside=[[True] * len(labels)]), alone[0])


def test_a_taste_for_one_topic_wins_there_and_nowhere_else() -> None:
    topics = [n % 3 == 0 for n in range(30)]
    has_it = [n % 2 == 0 for n in range(30)]
    labels = [has == here for has, here in zip(has_it, topics, strict=True)]
    rewards = [0.3 if has else -0.3 for has in has_it]
    everywhere, right, wrong = scoped_wealth(labels, rewards, inside=[topics, [not here for here in topics]])
    assert right > threshold(0, 1 / 13) > 0 > max(everywhere, wrong)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_what_topics_explain_is_never_less_than_nothing(history: list[tuple[bool, bool]]) -> None:
    labels, here = [y for y, _ in history], [h for _, h in history]
    everywhere, there = topics_alone(labels, [here])
    assert everywhere == 0 and there >= -1e-9
    assert np.allclose(topics_alone(labels, [[True] * len(labels)]), 0)


def test_dislikes_of_a_topic_are_no_evidence_for_what_was_never_tried_there() -> None:
    here = [n % 2 == 0 for n in range(30)]
    labels = [not h for h in here]
    never = scoped_wealth(labels, [-0.3] * 30, inside=[here])
    assert never[1] > 5 > 0 > (never - topics_alone(labels, [here]))[1]


def test_who_cares_about_one_topic_alone_is_understood_too() -> None:
    topics = [n % 2 == 0 for n in range(40)]
    has_it = [n % 4 < 2 for n in range(40)]
    labels = [has or not here for has, here in zip(has_it, topics, strict=True)]
    rewards = [0.3 if has else -0.3 for has in has_it]
    everywhere, right = scoped_wealth(labels, rewards, inside=[topics])
    assert right > 3 and right > everywhere


def test_trials_bet_by_themselves() -> None:
    labels = [True, False] * 10
    blind = [0.01] * 20
    assert thumb_wealth(labels, blind, tried=labels)[-1] > 5 > thumb_wealth(labels, blind)[-1]


def test_a_batch_is_as_strong_as_all_of_its_candidates() -> None:
    assert batch_lead([]) == -math.inf
    assert math.isclose(batch_lead([-1.0]), -1.0)
    assert batch_lead([-0.5, -0.5]) > 0 > batch_lead([-0.5, -9.0])
