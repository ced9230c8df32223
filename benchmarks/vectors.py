"""Vectors kept in a file between runs of a benchmark, so that the second run takes seconds. Knows no data set."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from memory.embeddings import Embeddings, Vectors

BATCH = 256
"""Texts encoded between two writes: what an interrupted run loses."""


class KeptEmbeddings:
    """An encoder that embeds each text once. `path=None` keeps the vectors in memory only."""

    def __init__(self, encoder: Embeddings, path: Path | None = None) -> None:
        self._encoder = encoder
        self.name, self.dimension = encoder.name, encoder.dimension
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=60)
        self._database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    @property
    def ready(self) -> bool:
        return True

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(f"{self.name}\n{text}".encode()).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if self._find(key) is None}
        # Texts of like length share a batch: the encoder pads a batch to its longest.
        rest = sorted(new.items(), key=lambda item: len(item[1]))
        for start in range(0, len(rest), BATCH):
            part = rest[start : start + BATCH]
            vectors = self._encoder.embed_documents([text for _, text in part])
            with self._database:
                self._database.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                    [(key, vector.tobytes()) for (key, _), vector in zip(part, vectors, strict=True)],
                )
        rows = [self._find(key) for key in keys]
        return np.stack([np.frombuffer(row, np.float32) for row in rows if row is not None]) if rows else self._none()

    def embed_query(self, text: str) -> Vectors:
        row: Vectors = self.embed_documents([text])[0]
        return row

    def chunks(self, text: str) -> list[str]:
        return self._encoder.chunks(text)

    def _find(self, key: bytes) -> bytes | None:
        row = self._database.execute("SELECT vector FROM vectors WHERE key = ?", [key]).fetchone()
        return None if row is None else row[0]

    def _none(self) -> Vectors:
        return np.zeros((0, self.dimension), np.float32)
