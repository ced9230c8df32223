"""The vector index: identifiers and vectors in Chroma, nothing else. The only module that says `chromadb`.

An index of what SQLite holds: it can be deleted and filled again at any time. Chroma's `delete` leaves vectors in
its files, so erasing means filling a new folder and removing the old one. Texts and metadata never go in: Chroma's
own log and full-text table would keep what the user erased.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import re
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from memory.embeddings import Vectors
from memory.loading import ENGINE_IMPORTS

log = logging.getLogger(__name__)

COLLECTION = "items"
BATCH = 1000
EXACT = 2_000
"""Up to so many vectors all of them are compared; beyond, the graph is walked, and a near one may be passed by."""
EF_SEARCH = 200
"""How many places the graph's walk keeps in view; a hundred neighbours are asked for, and Chroma's 100 misses some."""
_NUMBERED = re.compile(r"\d+-")

_M_PERTURB = -6
"""mallopt(3): fill memory with a byte on allocation and on release. Always on, it would slow the encoder by 40 %."""
_leftovers_lock = threading.Lock()
_in_use = 0


@contextlib.contextmanager
def _no_leftovers() -> Iterator[None]:
    """Within it, memory that was freed shows nothing of what it held. glibc only; elsewhere it does nothing."""
    global _in_use
    with _leftovers_lock:
        _in_use += 1
        _perturb(0x55)
    try:
        yield
    finally:
        with _leftovers_lock:
            _in_use -= 1
            if not _in_use:
                _perturb(0)


def _perturb(byte: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_PERTURB, byte)


def piece_id(item_id: str, part: int) -> str:
    """How the index names one piece of an item: a long message has a vector for each."""
    return f"{item_id}#{part}" if part else item_id


def item_of(piece: str) -> str:
    """The item that a piece belongs to."""
    return piece.partition("#")[0]


class ChromaIndex:
    """Cosine neighbours. Each generation lives in a folder of its own under `folder`; the newest is in use."""

    def __init__(self, folder: Path, *, encoder: str) -> None:
        self._folder = folder
        self._encoder = "".join(c if c.isalnum() else "-" for c in encoder)
        self._lock = threading.RLock()
        self._client: Any = None
        self._collection: Any = None
        self._size: int | None = None

    @property
    def ready(self) -> bool:
        """False while the first use would have to import and open Chroma."""
        return self._collection is not None

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace. `vectors` has shape (len(ids), dimension). A damaged index is made anew first, with these."""
        with self._lock, _no_leftovers():
            try:
                self._upsert(ids, vectors)
            except Exception as error:  # noqa: BLE001 - as in `_open`
                self._start_over(error)
                self._upsert(ids, vectors)

    def query(self, vector: Vectors, limit: int) -> list[tuple[str, float]]:
        """The nearest `limit` identifiers with their cosine distance (0 is the same direction), nearest first.

        Up to `EXACT` vectors the answer does not depend on the order in which they came.

        A damaged index answers nothing and starts over empty: whoever compares `count` with SQLite fills it again.
        """
        with self._lock, _no_leftovers():
            try:
                collection = self._open()
                size = self._count()
                if size == 0:
                    return []
                found = collection.query(
                    query_embeddings=[np.asarray(vector, dtype=np.float32)],
                    n_results=size if size <= EXACT else limit,
                    include=["distances"],
                )
            except Exception as error:  # noqa: BLE001 - as in `_open`
                self._start_over(error)
                return []
        nearest = zip(found["ids"][0], (round(float(d), 6) for d in found["distances"][0]), strict=True)
        return sorted(nearest, key=lambda hit: (hit[1], hit[0]))[:limit]

    def count(self) -> int:
        with self._lock, _no_leftovers():
            return self._count()

    def holds(self, ids: Sequence[str], vectors: Vectors) -> bool:
        """Whether these are all there, each with its vector. A damaged index holds nothing."""
        if not len(ids):
            return True
        with self._lock, _no_leftovers():
            try:
                found = self._open().get(ids=list(ids), include=["embeddings"])
            except Exception as error:  # noqa: BLE001 - as in `_open`
                self._start_over(error)
                return False
        kept = dict(zip(found["ids"], found["embeddings"], strict=True))
        return all(
            identifier in kept and np.allclose(kept[identifier], vector, atol=1e-4)
            for identifier, vector in zip(ids, vectors, strict=True)
        )

    def _count(self) -> int:
        """Asked of Chroma once; it takes 4 ms, half of a search."""
        if self._size is None:
            self._size = int(self._open().count())
        return self._size

    def rebuild(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Fill a new folder with exactly these and remove every older one from the disk."""
        with self._lock, _no_leftovers():
            self.close()
            old = self._generations()
            self._open(self._next_generation())
            if len(ids):
                self._upsert(ids, vectors)
            for path in old:
                shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        with self._lock, _no_leftovers():
            if self._client is not None:
                self._client.close()
            self._client = self._collection = self._size = None

    def _generations(self) -> list[Path]:
        """Every folder of ours, of any encoder, oldest first."""
        if not self._folder.is_dir():
            return []
        return sorted((p for p in self._folder.iterdir() if p.is_dir() and _NUMBERED.match(p.name)), key=_number)

    def _next_generation(self) -> Path:
        newest = max(map(_number, self._generations()), default=0)
        return self._folder / f"{newest + 1}-{self._encoder}"

    def _upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        collection = self._open()
        self._size = None
        for start in range(0, len(ids), BATCH):
            collection.upsert(ids=list(ids[start : start + BATCH]), embeddings=vectors[start : start + BATCH])

    def _open(self, path: Path | None = None) -> Any:
        if self._collection is None:
            if path is None:
                mine = [p for p in self._generations() if p.name.partition("-")[2] == self._encoder]
                path = mine[-1] if mine else self._next_generation()
                # What a crash in the middle of a rebuild left, and what another encoder made, may hold what was erased.
                for other in self._generations():
                    if other != path:
                        shutil.rmtree(other, ignore_errors=True)
            try:
                self._collection = self._connect(path)
            except Exception as error:  # noqa: BLE001 - whatever Chroma finds wrong with its files, they are only an index
                self._start_over(error)
        return self._collection

    def _start_over(self, error: Exception) -> None:
        """Leave damaged files behind for an empty folder. A second failure is the caller's: then the disk is at fault."""
        log.warning("The vector index is damaged (%s); it is made anew", type(error).__name__)
        self.close()
        fresh = self._next_generation()
        for path in self._generations():
            shutil.rmtree(path, ignore_errors=True)
        self._collection = self._connect(fresh)

    def _connect(self, path: Path) -> Any:
        with ENGINE_IMPORTS:
            import chromadb
            from chromadb.config import Settings

        path.mkdir(parents=True, exist_ok=True)
        self._client = chromadb.PersistentClient(
            path=str(path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
        )
        return self._client.get_or_create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": EF_SEARCH}}
        )


def _number(path: Path) -> int:
    return int(path.name.partition("-")[0])
