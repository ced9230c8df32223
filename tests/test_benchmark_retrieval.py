"""The retrieval benchmark: both formats are read, the figures are the ones it says, and `ours` takes the public face."""

import gzip
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import peers, retrieval
from benchmarks.datasets import read
from benchmarks.peers import PEERS, Answered, Asked, PeerEnvironment, PeersUnavailable
from benchmarks.vectors import KeptEmbeddings
from memory.embeddings import MiniLmEmbeddings
from tests.fakes import HashEmbeddings

LOCOMO: list[dict[str, Any]] = [
    {
        "sample_id": "talk",
        "conversation": {
            "speaker_a": "Ana",
            "speaker_b": "Bo",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ana", "dia_id": "D1:1", "text": "I adopted a ferret.", "blip_caption": "a small cage"},
                {"speaker": "Bo", "dia_id": "D1:2", "text": "Lovely!"},
            ],
            "session_2_date_time": "9:05 am on 1 June, 2023",
            "session_2": [{"speaker": "Bo", "dia_id": "D2:1", "text": "My violin broke."}],
        },
        "qa": [
            {"question": "Who adopted a ferret?", "answer": "Ana", "evidence": ["D1:1"], "category": 4},
            {"question": "What broke?", "answer": "the violin", "evidence": ["D2:1; D1:2"], "category": 1},
            {"question": "Without evidence?", "evidence": [], "category": 5},
        ],
    }
]
LONGMEMEVAL: dict[str, Any] = {
    "sessions": {
        "k1": [["user", "I keep my sneakers in the shoe rack.", 1], ["user", "Thanks.", 0]],
        "k2": [["user", "Tell me about volcanoes.", 0]],
    },
    "questions": [
        {
            "question_id": question_id,
            "question_type": "single-session-user",
            "question": "Where are my sneakers?",
            "question_date": "2023/06/23 (Fri) 07:31",
            "answer": "shoe rack",
            "answer_session_ids": ["s1"],
            "haystack": [["k1", "s1", "2023/04/30 (Sun) 13:59"], ["k2", "s2", "2023/05/02 (Tue) 05:35"]],
        }
        for question_id in ("q1", "q2_abs")
    ],
}


@pytest.fixture
def locomo(tmp_path: Path) -> Path:
    path = tmp_path / "locomo.json.gz"
    path.write_bytes(gzip.compress(json.dumps(LOCOMO).encode()))
    return path


@pytest.fixture
def longmemeval(tmp_path: Path) -> Path:
    path = tmp_path / "longmemeval.json"
    path.write_text(json.dumps(LONGMEMEVAL))
    return path


def test_locomo_is_read_with_dates_speakers_and_evidence(locomo: Path) -> None:
    form, (corpus,) = read(locomo)
    assert form == "locomo"
    assert [session.created_at.isoformat() for session in corpus.sessions] == [
        "2023-05-08T13:56:00+00:00",
        "2023-06-01T09:05:00+00:00",
    ]
    first = corpus.sessions[0].turns[0]
    assert (first.role, first.text) == ("user", "Ana: I adopted a ferret. [shares a photo: a small cage]")
    assert [question.turns for question in corpus.questions] == [{"D1:1"}, {"D2:1", "D1:2"}]
    assert corpus.questions[1].sessions == {"D1", "D2"}


def test_longmemeval_is_read_without_the_questions_that_have_no_answer(longmemeval: Path) -> None:
    form, (corpus,) = read(longmemeval)
    assert form == "longmemeval"
    assert corpus.id == "q1"
    assert corpus.questions[0].sessions == {"s1"}
    assert [session.id for session in corpus.sessions] == ["s1", "s2"]
    assert corpus.questions[0].asked_at.year == 2023


def test_windows_stay_within_their_session(locomo: Path) -> None:
    _, (corpus,) = read(locomo)
    neighbours = [(b.id if b else None, t.id, a.id if a else None) for b, t, a in retrieval.windows(corpus)]
    assert neighbours == [(None, "D1:1", "D1:2"), ("D1:1", "D1:2", None), (None, "D2:1", None)]


def test_turn_and_session_recall_are_shares_of_the_gold(locomo: Path) -> None:
    form, (corpus,) = read(locomo)
    sessions = {"D1:1": "D1", "D1:2": "D1", "D2:1": "D2", **{f"D3:{n}": "D3" for n in range(9)}}
    ranking = ["D2:1", *(f"D3:{n}" for n in range(9)), "D1:2"]
    assert retrieval.measure(form, corpus.questions[1], ranking, sessions) == {
        "turn_r10": 0.5,
        "turn_r5": 0.5,
        "session_r10": 1.0,
    }


def test_longmemeval_figures_look_at_distinct_sessions(longmemeval: Path) -> None:
    form, (corpus,) = read(longmemeval)
    sessions = {"a": "s2", "b": "s2", "c": "s1"}
    assert retrieval.measure(form, corpus.questions[0], ["a", "b", "c"], sessions) == {
        "any_1": 0.0,
        "any_5": 1.0,
        "all_5": 1.0,
        "mrr_10": 0.5,
    }


@pytest.mark.parametrize("name", ["locomo", "longmemeval"])
def test_every_row_is_measured_in_one_run(name: str, request: pytest.FixtureRequest) -> None:
    form, corpora = read(request.getfixturevalue(name))
    rows = retrieval.run(form, corpora, KeptEmbeddings(HashEmbeddings()))
    assert [row["name"] for row in rows] == ["ours", "bm25", "dense", "rrf"]
    recall = "turn_r10" if name == "locomo" else "any_1"
    assert rows[0][recall] == 100
    assert all(0 < row[recall] <= 100 for row in rows)
    assert all(row["search_p95_ms"] >= row["search_p50_ms"] > 0 for row in rows)
    assert retrieval.table(rows).count("\n") == 4


def test_an_encoder_that_keeps_its_vectors_embeds_each_text_once(tmp_path: Path) -> None:
    seen: list[str] = []

    class Counting(HashEmbeddings):
        def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
            seen.extend(texts)
            return super().embed_documents(texts)

    for _ in range(2):  # the second run finds what the first one kept
        encoder = KeptEmbeddings(Counting(), tmp_path / "v.db")
        encoder.embed_documents(["a", "b", "a"])
        assert np.array_equal(encoder.embed_documents(["b", "a"]), HashEmbeddings().embed_documents(["b", "a"]))
        assert encoder.embed_documents([]).shape == (0, 384)
        assert np.array_equal(encoder.embed_query("a"), HashEmbeddings().embed_query("a"))
    assert sorted(seen) == ["a", "b"]


def test_one_store_holds_every_session_once(longmemeval: Path) -> None:
    content = json.loads(longmemeval.read_text())
    other = dict(content["questions"][0], question_id="q3", answer_session_ids=["x1"])
    other["haystack"] = [["k1", "x1", "2023/04/29 (Sat) 10:00"]]
    content["questions"].append(other)
    longmemeval.write_text(json.dumps(content))
    _, (corpus,) = read(longmemeval, one_store=True)
    assert [session.id for session in corpus.sessions] == ["k1", "k2"]
    assert [question.sessions for question in corpus.questions] == [{"k1"}, {"k1"}]


def test_the_dense_rows_windows_hold_the_near_ends_of_the_neighbours() -> None:
    before, after = (" ".join(f"{letter}{n}" for n in range(500)) for letter in "ba")
    window = retrieval.window_text(before, "the turn itself", after).split()
    assert "b499" in window and "b0" not in window
    assert "a0" in window and "a499" not in window
    assert "itself" in window
    assert retrieval.window_text(None, "alone", None) == "alone"
    assert len(retrieval.window_text(before, "word " * 999, after).split()) <= 180


class TwoWays(PeerEnvironment):
    """Peers that need no environment: one finds every turn in order, one in reverse."""

    def __init__(self, *, refuse: bool = False) -> None:
        self.refuse, self.asked = refuse, list[Asked]()

    def prepare(self) -> None:
        if self.refuse:
            raise PeersUnavailable("pip could not install them: no network")

    def rank(self, peer: str, corpora: Sequence[Asked], vectors: Path | None) -> dict[str, list[Answered]]:
        self.asked += corpora
        step = 1 if peer == PEERS[0] else -1
        return {
            f"{peer} found": [
                Answered(
                    rankings=[[turn for turn, _, _ in corpus["texts"]][::step] for _ in corpus["questions"]],
                    search_ms=[2.0 for _ in corpus["questions"]],
                )
                for corpus in corpora
            ]
        }


def test_peers_see_every_turn_and_question_and_are_measured_like_ours(locomo: Path) -> None:
    form, corpora = read(locomo)
    both = TwoWays()
    first, last = retrieval.run_peers(form, corpora, both, None)
    assert [text for _, _, text in both.asked[0]["texts"]] == [t.text for s in corpora[0].sessions for t in s.turns]
    assert both.asked[0]["questions"] == [question.text for question in corpora[0].questions]
    assert first["name"] == f"{PEERS[0]} found" and first["search_p95_ms"] == 2.0
    assert first["turn_r10"] == last["turn_r10"] == 100.0


def test_peers_that_cannot_be_installed_are_left_out_and_the_reason_is_told(
    locomo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(retrieval, "MiniLmEmbeddings", HashEmbeddings)
    monkeypatch.setattr(retrieval, "PeerEnvironment", lambda _folder: TwoWays(refuse=True))
    retrieval.main(["--data", str(locomo), "--peers", "anywhere", "--json"])
    printed = capsys.readouterr()
    assert [row["name"] for row in json.loads(printed.out)["rows"]] == ["ours", "bm25", "dense", "rrf"]
    assert "no network" in printed.err


def test_peers_share_the_vectors_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    named = HashEmbeddings()
    named.name = MiniLmEmbeddings.name
    kept = KeptEmbeddings(named, path).embed_documents(["one", "two words"])
    theirs = peers._Encoder("no model is needed", str(path))
    assert np.array_equal(theirs(["two words", "one"]), kept[::-1])


def test_peers_reach_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", socket.socket.connect)
    peers._stay_here()
    with socket.socket() as outward, pytest.raises(OSError, match="a peer wanted to connect"):
        outward.connect(("192.0.2.1", 80))
