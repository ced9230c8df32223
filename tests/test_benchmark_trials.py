"""Trials of the ranking: what is gathered is what search sees, and a fit finds what the answers have in common."""

import gzip
import json
from pathlib import Path

import numpy as np

from benchmarks import trials
from benchmarks.datasets import read
from benchmarks.vectors import KeptEmbeddings
from tests.fakes import HashEmbeddings
from tests.test_benchmark_retrieval import LOCOMO


def test_each_question_has_its_candidates_with_their_evidence(tmp_path: Path) -> None:
    path = tmp_path / "locomo.json.gz"
    path.write_bytes(gzip.compress(json.dumps(LOCOMO).encode()))
    _, (corpus,) = read(path)
    first, second = trials.cases_of(corpus, KeptEmbeddings(HashEmbeddings()))
    assert set(first.turns) == {"D1:1", "D1:2", "D2:1"}
    words = dict(zip(first.turns, first.evidence[:, trials.NAMES.index("words")], strict=True))
    assert words["D1:1"] == 1 and words["D2:1"] == 0
    assert second.question.turns == {"D2:1", "D1:2"}


def test_a_fit_weighs_what_tells_answers_from_the_rest() -> None:
    rng = np.random.default_rng(7)
    question = trials.Question(text="?", turns=frozenset({"t0"}), sessions=frozenset({"s"}), asked_at=None)  # type: ignore[arg-type]
    talks = []
    for _ in range(2):
        cases = []
        for _ in range(30):
            evidence = rng.random((12, len(trials.NAMES)))
            evidence[0, 0] += 0.8
            turns = [f"t{n}" for n in range(12)]
            cases.append(
                trials.Case(question=question, turns=turns, session_of=dict.fromkeys(turns, "s"), evidence=evidence)
            )
        talks.append(cases)
    weights = trials.fit([case for cases in talks for case in cases], [True] * len(trials.NAMES))
    assert np.argmax(weights) == 0
    used = [n != 1 for n in range(len(trials.NAMES))]
    assert trials.fit(talks[0], used)[1] == 0
    rows = {row["name"]: row for row in trials.trials(talks)}
    assert rows["without words"]["turn_r5"] < rows["all, rotated"]["turn_r5"]
    assert "weights in force" in rows
