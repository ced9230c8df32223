"""The vector index: an index only, so it survives damage by starting over, and keeps nothing it was told to drop."""

from pathlib import Path

import numpy as np
import pytest

from memory.index import ChromaIndex

DIMENSION = 16


def vectors(count: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def identifiers(count: int) -> list[str]:
    return [f"item-{number}" for number in range(count)]


@pytest.fixture
def index(tmp_path: Path):
    opened = ChromaIndex(tmp_path / "index", encoder="hash")
    yield opened
    opened.close()


def bytes_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_nearest_come_first_with_their_cosine_distance(index: ChromaIndex) -> None:
    rows = vectors(50)
    index.upsert(identifiers(50), rows)
    found = index.query(rows[7], 5)
    assert found[0][0] == "item-7"
    assert found[0][1] == pytest.approx(0, abs=1e-5)
    assert [d for _, d in found] == sorted(d for _, d in found)
    exact = {f"item-{n}": 1 - float(rows[n] @ rows[7]) for n in range(50)}
    assert all(distance == pytest.approx(exact[item], abs=1e-4) for item, distance in found)


def test_an_empty_index_answers_nothing(index: ChromaIndex) -> None:
    assert index.query(vectors(1)[0], 5) == []
    assert index.count() == 0


def test_adding_again_replaces(index: ChromaIndex) -> None:
    rows = vectors(2)
    index.upsert(["a"], rows[:1])
    index.upsert(["a"], rows[1:])
    assert index.count() == 1
    assert index.query(rows[1], 1)[0][1] == pytest.approx(0, abs=1e-5)


def test_it_is_not_ready_before_its_first_use(index: ChromaIndex) -> None:
    assert not index.ready
    index.count()
    assert index.ready


def test_it_is_still_there_after_reopening(tmp_path: Path) -> None:
    rows = vectors(20)
    first = ChromaIndex(tmp_path / "index", encoder="hash")
    first.upsert(identifiers(20), rows)
    first.close()
    second = ChromaIndex(tmp_path / "index", encoder="hash")
    assert second.count() == 20
    assert second.query(rows[3], 1)[0][0] == "item-3"
    second.close()


def test_rebuilding_leaves_no_byte_of_what_was_dropped(index: ChromaIndex, tmp_path: Path) -> None:
    rows = vectors(30)
    index.upsert([*identifiers(29), "secret-item"], rows)
    assert b"secret-item" in bytes_below(tmp_path)
    index.rebuild(identifiers(29), rows[:29])
    assert b"secret-item" not in bytes_below(tmp_path)
    assert rows[29].tobytes() not in bytes_below(tmp_path)
    assert index.count() == 29
    assert index.query(rows[4], 1)[0][0] == "item-4"
    assert len(list((tmp_path / "index").iterdir())) == 1


def test_rebuilding_to_nothing_empties_it(index: ChromaIndex) -> None:
    index.upsert(identifiers(3), vectors(3))
    index.rebuild([], np.zeros((0, 1), np.float32))
    assert index.count() == 0
    index.upsert(identifiers(1), vectors(1))
    assert index.count() == 1


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_closing_lets_go_of_the_vectors_files(index: ChromaIndex, tmp_path: Path) -> None:
    index.upsert(identifiers(5), vectors(5))
    index.query(vectors(1)[0], 1)
    index.close()
    held = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert not [path for path in held if str(tmp_path) in path and path.endswith(".bin")]


def test_only_identifiers_and_vectors_go_in(index: ChromaIndex, tmp_path: Path) -> None:
    index.upsert(["a"], vectors(1))
    kept = index._open().get(include=["documents", "metadatas"])
    assert kept["documents"] == [None]
    assert kept["metadatas"] == [None]


@pytest.mark.parametrize("damage", [b"not a database" * 500, b""])
def test_a_damaged_database_starts_over_empty(tmp_path: Path, damage: bytes) -> None:
    first = ChromaIndex(tmp_path / "index", encoder="hash")
    first.upsert(identifiers(3), vectors(3))
    first.close()
    next((tmp_path / "index").rglob("chroma.sqlite3")).write_bytes(damage)
    second = ChromaIndex(tmp_path / "index", encoder="hash")
    assert second.count() == 0
    second.upsert(identifiers(3), vectors(3))
    assert second.query(vectors(3)[1], 1)[0][0] == "item-1"
    second.close()


def test_damaged_vectors_answer_nothing_and_can_be_filled_again(tmp_path: Path) -> None:
    many = 1100  # fewer stay in Chroma's log and never reach the files that are damaged here
    first = ChromaIndex(tmp_path / "index", encoder="hash")
    first.upsert(identifiers(many), vectors(many))
    first.close()
    for path in (tmp_path / "index").rglob("*.bin"):
        path.write_bytes(b"x")
    second = ChromaIndex(tmp_path / "index", encoder="hash")
    assert second.query(vectors(1)[0], 1) == []
    assert second.count() == 0
    second.upsert(identifiers(3), vectors(3))
    assert second.query(vectors(3)[1], 1)[0][0] == "item-1"
    second.close()


def test_another_encoder_never_sees_these_vectors_and_clears_them_away(tmp_path: Path) -> None:
    first = ChromaIndex(tmp_path / "index", encoder="hash")
    first.upsert(identifiers(3), vectors(3))
    first.close()
    second = ChromaIndex(tmp_path / "index", encoder="other/encoder v2")
    assert second.count() == 0
    assert len(list((tmp_path / "index").iterdir())) == 1
    second.close()


def test_what_a_crash_left_of_a_rebuild_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "index" / "4-hash").mkdir(parents=True)
    (tmp_path / "index" / "5-hash").mkdir()
    (tmp_path / "index" / "not-ours").mkdir()
    index = ChromaIndex(tmp_path / "index", encoder="hash")
    assert index.count() == 0
    assert {path.name for path in (tmp_path / "index").iterdir()} == {"5-hash", "not-ours"}
    index.close()


def test_a_rebuild_survives_another_thread_searching(index: ChromaIndex) -> None:
    import threading

    rows = vectors(40)
    index.upsert(identifiers(40), rows)
    answers: list[str] = []

    def search() -> None:
        answers.extend(index.query(rows[n], 1)[0][0] for n in range(40))

    thread = threading.Thread(target=search)
    thread.start()
    index.rebuild(identifiers(40), rows)
    thread.join()
    assert answers == identifiers(40)


def test_a_rebuilt_index_holds_nothing_of_the_vectors_before_it_not_even_in_parts_never_filled(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(12):
        folder = tmp_path / str(number)
        vectors = rng.normal(size=(260 if number % 2 else 30, 384)).astype(np.float32)
        ids = [str(n) for n in range(len(vectors))]
        index = ChromaIndex(folder, encoder="test")
        index.upsert(ids, vectors)
        index.rebuild(ids[:5], vectors[:5])
        index.rebuild(ids[:5], vectors[:5])
        index.upsert([f"new {n}" for n in range(150)], rng.normal(size=(150, 384)).astype(np.float32))
        kept = bytes_below(folder)
        index.close()
        assert not any(vector.tobytes() in kept for vector in vectors[5:])
