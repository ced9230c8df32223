"""The benchmark of scale grows one store, measures it beside the floor, and draws what it found."""

from pathlib import Path

from benchmarks import scale
from memory import open_memory
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
        assert float(row["of_floor"]) > 0
    assert float(rows[1]["disk_mb"]) >= float(rows[0]["disk_mb"])
    scale.plot(rows, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_made_up_words_are_as_frequent_as_words_are() -> None:
    texts = scale.Texts()
    words = [word for _ in range(400) for word in texts.sentence().rstrip(".").split()]
    counts = sorted((words.count(word) for word in set(words)), reverse=True)
    assert counts[0] > 10 * counts[50] > 0
    assert texts.question().startswith("What did I say about ")


def test_growth_is_told_for_each_message_more() -> None:
    rows: list[dict[str, str | float]] = [
        {"name": "1,000", "disk_mb": 5, "rss_mb": 700},
        {"name": "11,000", "disk_mb": 55, "rss_mb": 740},
    ]
    assert [(row["disk_kb_each"], row["rss_kb_each"]) for row in scale.with_growth(rows)] == [(5.0, ""), (5.0, 4.0)]


def test_an_import_is_measured_beside_the_bare_encoder(tmp_path: Path) -> None:
    found = scale.measure_import(scale.Texts(), HashEmbeddings(), tmp_path, 7)
    assert found["name"] == "import of 42"
    assert float(found["import_per_s"]) > 0 and float(found["encoder_per_s"]) > 0
    with open_memory(tmp_path / "import-1", embeddings=HashEmbeddings(), start_worker=False) as memory:
        assert memory.counts()["conversations"] == 7
        assert memory.counts()["messages"] == len(memory.store.vectors("hash")) == 42
