"""The score of a prompt: what must hold whatever was rated."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.scoring import (
    MISALIGNED_AT,
    Example,
    LogProbability,
    balanced_weights,
    pair_score,
    passes_gate,
    reward,
    score_prompt,
    shift_baseline,
    thumb_score,
)

rewards = st.floats(-5, 5)
ratings = st.sampled_from([1, -1])
examples = st.lists(st.tuples(rewards, ratings), min_size=1, max_size=12)


def made(rows: list[tuple[float, int]]) -> list[Example]:
    return [Example(id=str(i), reward=r, rating=y) for i, (r, y) in enumerate(rows)]  # type: ignore[arg-type]


@given(rewards, rewards, st.floats(0.01, 3))
def test_a_prompt_that_raises_the_liked_answer_scores_higher(liked: float, disliked: float, more: float) -> None:
    assert pair_score(liked + more, disliked) > pair_score(liked, disliked)
    assert thumb_score(liked + more, 1) > thumb_score(liked, 1)
    assert thumb_score(disliked + more, -1) < thumb_score(disliked, -1)


@given(rewards, rewards)
def test_swapping_liked_and_disliked_mirrors_the_score(one: float, other: float) -> None:
    assert math.isclose(pair_score(one, other), 1 - pair_score(other, one), abs_tol=1e-12)
    assert math.isclose(thumb_score(one, 1, z0=other), 1 - thumb_score(one, -1, z0=other), abs_tol=1e-12)


@given(examples)
def test_swapping_every_thumb_mirrors_the_whole_score(rows: list[tuple[float, int]]) -> None:
    mirrored = [(r, -y) for r, y in rows]
    assert math.isclose(score_prompt(made(rows)).score, 1 - score_prompt(made(mirrored)).score, abs_tol=1e-9)


@given(examples)
def test_the_prompt_in_force_scores_a_half_and_gets_everything_wrong(rows: list[tuple[float, int]]) -> None:
    still = score_prompt([Example(id=str(i), reward=0.0, rating=y) for i, (_, y) in enumerate(rows)])  # type: ignore[arg-type]
    assert math.isclose(still.score, MISALIGNED_AT)
    assert len(still.misaligned) == len(rows)


@given(examples)
def test_a_score_lies_in_its_interval_and_the_wrong_ones_are_named(rows: list[tuple[float, int]]) -> None:
    result = score_prompt(made(rows))
    assert 0 <= result.low <= result.score <= result.high <= 1
    assert set(result.misaligned) == {str(i) for i, (r, y) in enumerate(rows) if thumb_score(r, y) <= MISALIGNED_AT}  # type: ignore[arg-type]


@given(st.lists(ratings, min_size=1, max_size=30))
def test_likes_and_dislikes_weigh_the_same_in_total(rated: list[int]) -> None:
    weights = balanced_weights(rated)
    assert math.isclose(sum(weights), 1)
    likes = sum(w for w, y in zip(weights, rated, strict=True) if y > 0)
    assume(0 < sum(y > 0 for y in rated) < len(rated))
    assert math.isclose(likes, 0.5)


@given(st.floats(-8, -0.1), st.integers(1, 400), st.integers(2, 10))
def test_length_alone_earns_nothing(mean: float, tokens: int, times: int) -> None:
    """The mean over tokens, never the sum: the same gain for each token is the same reward at any length."""
    short = reward(
        LogProbability(total=(mean + 0.1) * tokens, tokens=tokens), LogProbability(total=mean * tokens, tokens=tokens)
    )
    many = tokens * times
    long = reward(
        LogProbability(total=(mean + 0.1) * many, tokens=many), LogProbability(total=mean * many, tokens=many)
    )
    assert math.isclose(short, long, abs_tol=1e-9)


@given(st.lists(rewards, max_size=20))
def test_the_baseline_of_shifted_answers_is_never_negative(shifted: list[float]) -> None:
    assert shift_baseline(shifted) >= 0
    assert shift_baseline([]) == 0


def test_a_prompt_that_makes_every_answer_likelier_gains_nothing_by_it() -> None:
    """z0 takes away what the prompt does to answers to other questions."""
    plain = score_prompt(made([(0.4, 1), (0.4, -1)]), shifted=[0.4, 0.4])
    assert math.isclose(plain.score, 0.5)


def test_the_gate_drops_what_does_not_help_on_failures() -> None:
    assert passes_gate([])
    assert passes_gate([(0.3, 1), (-0.2, -1), (-0.1, 1)])
    assert not passes_gate([(-0.3, 1), (0.2, -1)])
    assert not passes_gate([(0.0, 1), (0.0, -1), (0.0, 1)])


def test_nothing_rated_says_nothing() -> None:
    assert (score_prompt([]).score, score_prompt([]).n) == (0.5, 0)
    assert LogProbability(total=0.0, tokens=0).mean == 0.0
