"""Ranking is arithmetic: monotone, bounded, and the same every time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memory import ranking

NOW = datetime(2026, 11, 21, tzinfo=UTC)
identifiers = st.lists(st.text("abcdefgh", min_size=1, max_size=2), unique=True, max_size=12)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2026, 11, 21), timezones=st.just(UTC))


def test_the_heavier_ranking_decides() -> None:
    fused = ranking.fuse({"bm25": ["a", "b"], "dense": ["b", "a"]}, {"bm25": 1.0, "dense": 0.35})
    assert ranking.ranked(fused) == ["a", "b"]
    assert fused["a"] == pytest.approx(1 / 11 + 0.35 / 12)


def test_equals_are_ordered_by_identifier() -> None:
    assert ranking.ranked({"b": 1.0, "c": 2.0, "a": 1.0}) == ["c", "a", "b"]


@given(identifiers, identifiers)
def test_what_comes_first_alone_is_never_further_down_than_twice_its_place(order: list[str], first: list[str]) -> None:
    kept = ranking.keeping_up(order, first)
    assert sorted(kept) == sorted({*order, *first})
    assert all(kept.index(identifier) + 1 <= 2 * n for n, identifier in enumerate(first, 1))
    if order:
        assert kept[0] == order[0], "the best of both is still the best"


@given(st.dictionaries(st.text("abc", max_size=2), st.floats(-9, 9)), st.dictionaries(st.text("abc"), st.floats(-9, 9)))
def test_added_blends_keep_what_both_agree_on(one: dict[str, float], other: dict[str, float]) -> None:
    both = ranking.added(one, other)
    assert both.keys() == {*one, *other}
    for a in one.keys() & other.keys():
        for b in one.keys() & other.keys():
            if one[a] > one[b] and other[a] >= other[b]:
                assert both[a] >= both[b]


@given(identifiers, identifiers)
def test_fusion_keeps_everything_and_respects_what_both_agree_on(one: list[str], other: list[str]) -> None:
    fused = ranking.fuse({"x": one, "y": other}, {"x": 1.0, "y": 0.35})
    assert set(fused) == {*one, *other}
    for a in one:
        for b in one:
            if one.index(a) < one.index(b) and a in other and b in other and other.index(a) < other.index(b):
                assert fused[a] > fused[b]


@given(identifiers.filter(lambda ids: len(ids) > 1), st.data())
def test_fusion_is_monotone_in_similarity(one: list[str], data: st.DataObject) -> None:
    """Nearer to the query in one ranking, all else equal, never means a lower score."""
    place = data.draw(st.integers(1, len(one) - 1))
    risen = [*one[: place - 1], one[place], one[place - 1], *one[place + 1 :]]
    weights = {"x": 1.0, "y": 0.35}
    before, after = ranking.fuse({"x": one, "y": one}, weights), ranking.fuse({"x": one, "y": risen}, weights)
    assert after[one[place]] > before[one[place]]


@given(st.floats(0, 10), st.floats(0, 10), moments, st.floats(0, 1))
def test_priors_are_monotone_in_the_score_and_small(low: float, high: float, created_at: datetime, i: float) -> None:
    assume(low <= high)
    nudged = [ranking.priors(s, created_at=created_at, importance=i, now=NOW) for s in (low, high)]
    assert nudged[0] <= nudged[1]
    assert low <= nudged[0] <= low * (1 + ranking.RECENCY_SHARE) * (1 + ranking.IMPORTANCE_SHARE) + 1e-9


@given(moments, moments, st.floats(0.01, 1))
def test_of_two_equals_the_newer_and_the_more_important_come_first(one: datetime, other: datetime, i: float) -> None:
    old, new = sorted((one, other))
    score = ranking.priors
    assert score(1.0, created_at=old, importance=i, now=NOW) <= score(1.0, created_at=new, importance=i, now=NOW)
    assert score(1.0, created_at=old, importance=0, now=NOW) <= score(1.0, created_at=old, importance=i, now=NOW)


def test_something_from_the_future_counts_as_new() -> None:
    later = ranking.priors(1.0, created_at=NOW + timedelta(days=400), importance=0, now=NOW)
    assert later == ranking.priors(1.0, created_at=NOW, importance=0, now=NOW)


shares = st.floats(0, 1)
some_evidence = st.builds(
    ranking.Evidence,
    words=shares,
    neighbour_words=st.floats(0, 2),
    talk_words=shares,
    meaning=st.floats(-1, 1),
    neighbour_meaning=st.floats(-2, 2),
    speaker=st.sampled_from([0.0, 1.0]),
    date=shares,
    length=st.integers(0, 9999).map(ranking.length),
    is_question=st.sampled_from([0.0, 1.0]),
    has_meaning=st.booleans(),
)
FOR = ["words", "neighbour_words", "talk_words", "meaning", "neighbour_meaning", "speaker", "date", "length"]


@given(some_evidence, st.sampled_from(FOR), st.floats(0, 2))
def test_more_of_any_evidence_never_ranks_a_message_lower(known: ranking.Evidence, name: str, more: float) -> None:
    richer = replace(known, **{name: getattr(known, name) + more})
    assert ranking.blend(richer) >= ranking.blend(known)


@given(some_evidence)
def test_an_answer_comes_before_a_question_with_the_same_words(known: ranking.Evidence) -> None:
    says, asks = replace(known, is_question=0.0), replace(known, is_question=1.0)
    assert ranking.blend(says) > ranking.blend(asks)


def test_only_where_there_are_vectors_does_meaning_count() -> None:
    near, far = ranking.Evidence(words=1, meaning=0.9), ranking.Evidence(words=1, meaning=0.1)
    assert ranking.blend(near) > ranking.blend(far)
    assert ranking.blend(replace(near, has_meaning=False)) == ranking.blend(replace(far, has_meaning=False))


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_length_counts_up_to_a_point(one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert 0 <= ranking.length(short) <= ranking.length(long) <= ranking.length(ranking.LONG_WORDS)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.floats(-50, 50), min_size=1))
def test_relevances_keep_the_order_and_lie_between_nothing_and_one(blends: dict[str, float]) -> None:
    found = ranking.relevances(blends)
    assert found.keys() == blends.keys()
    assert max(found.values()) == 1
    assert all(value > 0 for value in found.values())
    for a in blends:
        for b in blends:
            assert found[a] >= found[b] if blends[a] >= blends[b] else found[a] <= found[b]


def test_a_conversation_is_as_good_as_its_best_three() -> None:
    words = {"a": 1.0, "b": 0.5, "c": 0.3, "d": 0.1, "e": 0.9}
    talks = dict.fromkeys("abcd", "long") | {"e": "short"}
    assert ranking.best_of_talk(words, talks) == {"long": pytest.approx(0.6), "short": pytest.approx(0.3)}


def test_a_near_copy_goes_behind_everything_else() -> None:
    words = {"a": frozenset("xyz"), "b": frozenset("xyz"), "c": frozenset("pq")}
    assert ranking.without_copies(["a", "b", "c"], words, 2) == ["a", "c"]
    assert ranking.without_copies(["a", "b", "c"], words, 3) == ["a", "c", "b"]


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.frozensets(st.sampled_from("xyz"))), st.integers(1, 9)
)
def test_setting_copies_back_fills_the_limit_and_keeps_the_best_first(words: dict[str, frozenset[str]], n: int) -> None:
    ordered = list(words)
    kept = ranking.without_copies(ordered, words, n)
    assert len(kept) == min(n, len(ordered))
    assert len(set(kept)) == len(kept)
    assert kept[:1] == ordered[:1]


def test_what_is_moved_stands_behind_what_holds_as_many_of_the_words() -> None:
    words = {"long": frozenset({"dog", "boat"}), "dog": frozenset({"dog"}), "both": frozenset({"dog", "boat"})}
    moved = ranking.behind_what_holds_as_much
    assert moved(["long", "dog", "both"], words, {"dog"}, {"long"}) == ["dog", "both", "long"]
    assert moved(["long", "dog"], words, {"dog", "boat"}, {"long"}) == ["long", "dog"], "it alone holds both"
    assert moved(["dog", "both"], words, {"dog"}, set()) == ["dog", "both"]
