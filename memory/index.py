"""The vector index: identifiers and vectors in Chroma, nothing else. The only module that says `chromadb`.

An index of what SQLite holds: it can be deleted and filled again at any time. Chroma's `delete` leaves vectors in
its files, so erasing means filling a new folder and removing the old one. Texts and metadata never go in: Chroma's
own log and full-text table would keep what the user erased.
"""

from __future__ import annotations

import itertools
import logging
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from memory.embeddings import Vectors

log = logging.getLogger(__name__)

COLLECTION = "items"


class ChromaIndex:
    """Cosine neighbours. Each generation lives in a folder of its own under `folder`; the newest is in use."""

    def __init__(self, folder: Path, *, encoder: str) -> None:
        self._folder = folder
        self._encoder = "".join(c if c.isalnum() else "-" for c in encoder)
        self._lock = threading.RLock()
        self._client: Any = None
        self._collection: Any = None

    @property
    def ready(self) -> bool:
        """False while the first use would have to import and open Chroma."""
        return self._collection is not None

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace. `vectors` has shape (len(ids), dimension)."""
        with self._lock:
            collection = self._open()
            for start in range(0, len(ids), 1000):
                collection.upsert(ids=list(ids[start : start + 1000]), embeddings=vectors[start : start + 1000])

    def query(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The nearest `limit` identifiers with their cosine distance (0 is the same direction), nearest first."""
        with self._lock:
            collection = self._open()
            size = collection.count()
            if size == 0:
                return []
            found = collection.query(
                query_embeddings=[np.asarray(vector, dtype=np.float32)],
                n_results=min(limit, size),
                include=["distances"],
            )
        return list(zip(found["ids"][0], found["distances"][0], strict=True))

    def count(self) -> int:
        with self._lock:
            return int(self._open().count())

    def rebuild(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Fill a new folder with exactly these and remove every older one from the disk."""
        with self._lock:
            self.close()
            old = self._generations()
            fresh = self._folder / str(max((int(p.name.split("-")[0]) for p in old), default=0) + 1)
            self._open(fresh.with_name(f"{fresh.name}-{self._encoder}"))
            if len(ids):
                self.upsert(ids, vectors)
            for path in old:
                shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._collection = None

    def _generations(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [p for p in self._folder.iterdir() if p.is_dir() and p.name.split("-")[0].isdigit()]

    def _open(self, path: Path | None = None) -> Any:
        if self._collection is None:
            if path is None:
                mine = [p for p in self._generations() if p.name.partition("-")[2] == self._encoder]
                path = max(mine, key=lambda p: int(p.name.split("-")[0]), default=self._folder / f"1-{self._encoder}")
            try:
                self._collection = self._connect(path)
            except Exception as error:  # noqa: BLE001 - whatever Chroma finds wrong with its files, they are only an index
                log.warning("The vector index cannot be opened (%s); it is made anew", type(error).__name__)
                later = itertools.count(int(path.name.split("-")[0]) + 1)
                shutil.rmtree(path, ignore_errors=True)
                self._collection = self._connect(path.with_name(f"{next(later)}-{self._encoder}"))
        return self._collection

    def _connect(self, path: Path) -> Any:
        import chromadb
        from chromadb.config import Settings

        path.mkdir(parents=True, exist_ok=True)
        self._client = chromadb.PersistentClient(
            path=str(path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
        return self._client.get_or_create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
