"""The benchmark of scale grows one store, measures it beside the floor, and draws what it found."""

from pathlib import Path

from benchmarks import scale
from memory.embeddings import Embeddings
from tests.fakes import HashEmbeddings


def test_each_size_has_its_row_and_the_curve_is_drawn(tmp_path: Path) -> None:
    encoder: Embeddings = HashEmbeddings()
    rows = scale.run([60, 20], tmp_path / "home", encoder)
    assert [row["name"] for row in rows] == ["20", "60"]
    for row in rows:
        assert float(row["search_p95_ms"]) >= float(row["search_p50_ms"]) > 0
        assert float(row["floor_p95_ms"]) >= float(row["floor_p50_ms"]) >= 0
        assert row["near_found"] == 100, "so few are all compared"
        assert float(row["add_p95_ms"]) > 0 and float(row["rss_mb"]) > 0
    assert float(rows[1]["disk_mb"]) >= float(rows[0]["disk_mb"])
    scale.plot(rows, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_made_up_words_are_as_frequent_as_words_are() -> None:
    texts = scale.Texts()
    words = [word for _ in range(400) for word in texts.sentence().rstrip(".").split()]
    counts = sorted((words.count(word) for word in set(words)), reverse=True)
    assert counts[0] > 10 * counts[50] > 0
    assert texts.question().startswith("What did I say about ")
