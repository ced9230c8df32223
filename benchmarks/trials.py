"""What each kind of evidence is worth to the ranking, each conversation left out of the fit that is tried on it.

    python -m benchmarks.trials --data LOCOMO_FILE [--vectors FILE] [--without NAME ...]

Everything that search gathers about a question is computed once (`Searcher.gather`); the weights are then fitted on
all conversations but one by listwise logistic regression (ListNet: Cao et al., ICML 2007) and tried on that one. The
last row has the weights in force (`memory.ranking`), which were chosen with all conversations in sight.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Corpus, Question, read
from benchmarks.retrieval import DEPTH, fill, measure, table
from benchmarks.vectors import KeptEmbeddings
from memory import open_memory, ranking
from memory.embeddings import Embeddings, MiniLmEmbeddings
from memory.search import Scope

NAMES = tuple(field.name for field in fields(ranking.Evidence) if field.name != "has_meaning")
PENALTY = 0.01
"""On the squares of the standardised weights. Between 0.0001 and 0.03 it changes nothing in the first decimal."""
STEPS = 300
Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question, with the candidates of its search."""

    question: Question
    turns: list[str]
    session_of: dict[str, str]
    evidence: Array
    """Shape (candidates, len(NAMES))."""


def cases_of(corpus: Corpus, encoder: Embeddings) -> list[Case]:
    """Every question of a conversation, searched for in a store that holds it."""
    session_of = {turn.id: session.id for session in corpus.sessions for turn in session.turns}
    now = [corpus.questions[0].asked_at]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home,
        open_memory(home, embeddings=encoder, clock=lambda: now[0], start_worker=False) as memory,
    ):
        turn_of = fill(memory, corpus)
        cases = []
        for question in corpus.questions:
            now[0] = question.asked_at
            gathered = memory._searcher.gather(question.text, scope=Scope(), include=("message",))
            rows = [[getattr(known, name) for name in NAMES] for known in gathered.evidence.values()]
            turns = [turn_of[identifier] for identifier in gathered.evidence]
            evidence = np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))
            cases.append(Case(question=question, turns=turns, session_of=session_of, evidence=evidence))
    return cases


def fit(cases: Sequence[Case], used: Sequence[bool]) -> Array:
    """The weights under which the gold turns are likeliest among the candidates; 0 where not `used`. Shape (len(NAMES),)."""
    mask = np.array(used, dtype=np.float64)
    lists = []
    for case in cases:
        gold = np.array([turn in case.question.turns for turn in case.turns], dtype=np.float64)
        if gold.any():
            lists.append((case.evidence, gold / gold.sum()))
    scale = np.concatenate([evidence for evidence, _ in lists]).std(axis=0) + 1e-9
    lists = [(evidence / scale * mask, gold) for evidence, gold in lists]
    weights, pace, loss = np.zeros(len(NAMES)), 1.0, np.inf
    for _ in range(STEPS):
        new_loss, slope = _loss(weights, lists)
        while True:
            step = weights - pace * slope
            tried, _ = _loss(step, lists)
            if tried <= new_loss or pace < 1e-6:
                break
            pace /= 2
        weights, pace = step, pace * 1.5
        if loss - tried < 1e-7:
            break
        loss = tried
    return np.asarray(weights / scale * mask)


def _loss(weights: Array, lists: Sequence[tuple[Array, Array]]) -> tuple[float, Array]:
    loss, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
    for evidence, gold in lists:
        scores = evidence @ weights
        scores -= scores.max()
        total = np.exp(scores).sum()
        loss -= float(gold @ (scores - np.log(total))) / len(lists)
        slope = slope + evidence.T @ (np.exp(scores) / total - gold) / len(lists)
    return loss, slope


def figures(cases: Sequence[Case], weigh: Callable[[Array], Array]) -> dict[str, float]:
    """The benchmark's recalls over these cases, in percent."""
    rows = []
    for case in cases:
        order = np.argsort(-weigh(case.evidence), kind="stable")[:DEPTH]
        rows.append(measure("locomo", case.question, [case.turns[i] for i in order], case.session_of))
    return {name: 100 * float(np.mean([row[name] for row in rows])) for name in rows[0]}


def rotated(talks: Sequence[Sequence[Case]], used: Sequence[bool]) -> dict[str, float]:
    """Each conversation under weights fitted on the others; the mean over all questions."""
    sums: dict[str, float] = {}
    total = sum(map(len, talks))
    for number, talk in enumerate(talks):
        weights = fit([case for other, cases in enumerate(talks) if other != number for case in cases], used)
        for name, value in figures(talk, lambda evidence, w=weights: evidence @ w).items():  # type: ignore[misc]
            sums[name] = sums.get(name, 0.0) + value * len(talk) / total
    return sums


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trials", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a LoCoMo file of two conversations or more")
    parser.add_argument("--vectors", type=Path, metavar="FILE", help="keep vectors here between runs")
    parser.add_argument("--without", nargs="*", default=[], choices=NAMES, help="leave these out of every row")
    options = parser.parse_args(arguments)
    logging.disable(logging.INFO)
    encoder = KeptEmbeddings(MiniLmEmbeddings(), options.vectors)
    form, corpora = read(options.data)
    if form != "locomo":
        parser.error("this file names no turns that hold the answers; fit on LoCoMo")
    talks = [cases_of(corpus, encoder) for corpus in corpora]
    print(table(trials(talks, frozenset(options.without))))
    weights = fit([case for talk in talks for case in talk], [name not in options.without for name in NAMES])
    print("\nfitted on all: " + ", ".join(f"{name} {w:.2f}" for name, w in zip(NAMES, weights, strict=True) if w))


def trials(talks: Sequence[Sequence[Case]], without: frozenset[str] = frozenset()) -> list[dict[str, str | float]]:
    """One row for all evidence, one without each kind of it, one for the weights in force."""
    rows: list[dict[str, str | float]] = []
    for left_out in (None, *(name for name in NAMES if name not in without)):
        used = [name not in without and name != left_out for name in NAMES]
        found = rotated(talks, used)
        rows.append({"name": f"without {left_out}" if left_out else "all, rotated"} | _rounded(found))
    kept = np.array([getattr(ranking.WITH_MEANING, name) for name in NAMES])
    everything = [case for talk in talks for case in talk]
    rows.append({"name": "weights in force"} | _rounded(figures(everything, lambda evidence: evidence @ kept)))
    return rows


def _rounded(values: dict[str, float]) -> dict[str, str | float]:
    return {name: round(value, 1) for name, value in values.items()}


if __name__ == "__main__":
    main()
