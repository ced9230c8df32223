"""What other memories find of the same texts with the same encoder: mem0 and MemPalace, in an environment of their own.

    python -m benchmarks.retrieval --data FILE --peers FOLDER

`PeerEnvironment` makes a virtual environment in FOLDER, installs the two from the package index, and runs this very file
there, once for each peer. Neither is ever installed beside Attune. The part that runs there (below `serve`)
knows the standard library and the peers, and refuses every connection to another machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypedDict

PACKAGES = ("mem0ai==2.2.1", "mempalace==3.11.0")
PEERS = ("mem0", "mempalace")
DEPTH = 100
ENCODER = "all-MiniLM-L6-v2"
OFF = {
    "MEM0_TELEMETRY": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "POSTHOG_DISABLED": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Asked(TypedDict):
    """A corpus: (turn, its session, what it says) in order, and the questions asked of it."""

    texts: list[tuple[str, str, str]]
    questions: list[str]


class Answered(TypedDict):
    """Each question's turns, best first, and how long each search took."""

    rankings: list[list[str]]
    search_ms: list[float]


class PeersUnavailable(Exception):
    """The peers cannot be installed or do not run here; the message says which step failed and how."""


class PeerEnvironment:
    """The environment of the peers. What is installed here already (torch, Chroma, the encoder) it shares."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._python = self._folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def prepare(self) -> None:
        """Make it and install the peers, unless that was done before.

        Raises:
            PeersUnavailable
        """
        done = self._folder / "installed"
        if done.exists() and done.read_text() == "\n".join(PACKAGES):
            return
        venv.create(self._folder / "venv", with_pip=True)
        here = sysconfig.get_paths()["purelib"]
        run = subprocess.run(
            [str(self._python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"],
            capture_output=True,
            text=True,
            check=True,
        )
        (Path(run.stdout.strip()) / "shared.pth").write_text(here)
        run = subprocess.run(
            [str(self._python), "-m", "pip", "install", "--quiet", *PACKAGES], capture_output=True, text=True
        )
        if run.returncode:
            raise PeersUnavailable(f"pip could not install {', '.join(PACKAGES)}: {run.stderr.strip()[-600:]}")
        done.write_text("\n".join(PACKAGES))

    def rank(self, peer: str, corpora: Sequence[Asked], vectors: Path | None) -> dict[str, list[Answered]]:
        """What a peer finds: of each of its ways to search, each corpus's answers.

        Args:
            vectors: a file that keeps vectors between runs.

        Raises:
            PeersUnavailable
        """
        from memory.embeddings import model_folder

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            task = {
                "peer": peer,
                "corpora": list(corpora),
                "vectors": str(vectors.absolute()) if vectors else "",
                "model": str(model_folder()),
            }
            (Path(home) / "task.json").write_text(json.dumps(task))
            own = {"HOME": home, "USERPROFILE": home, "MEM0_DIR": home, "MEMPALACE_PALACE_PATH": f"{home}/palace"}
            run = subprocess.run(
                [str(self._python), "-P", __file__, "--home", home],
                env={**os.environ, **OFF, **own, "PYTHONPATH": ""},
                capture_output=True,
                text=True,
            )
            answers = Path(home) / "answers.json"
            if run.returncode or not answers.exists():
                raise PeersUnavailable(f"{peer} did not run: {run.stderr.strip()[-1500:]}")
            found: dict[str, list[Answered]] = json.loads(answers.read_text())
        return found


# --- what runs in the environment of the peers --------------------------------------------------------------------


def serve(home: Path) -> None:
    """Store what task.json holds in one peer, ask it every question, write answers.json."""
    import time

    _stay_here()
    task = json.loads((home / "task.json").read_text())
    encoder = _Encoder(task["model"], task["vectors"])
    make = {"mem0": _mem0, "mempalace": _mempalace}[task["peer"]]
    answers: dict[str, list[Answered]] = {}
    for number, corpus in enumerate(task["corpora"]):
        encoder([text for _, _, text in corpus["texts"]] + corpus["questions"])
        (home / str(number)).mkdir()
        for name, search in make(home / str(number), corpus["texts"], encoder).items():
            answered = Answered(rankings=[], search_ms=[])
            for question in corpus["questions"]:
                started = time.perf_counter()
                answered["rankings"].append(search(question))
                answered["search_ms"].append((time.perf_counter() - started) * 1000)
            answers.setdefault(name, []).append(answered)
    (home / "answers.json").write_text(json.dumps(answers))


def _stay_here() -> None:
    """No connection beyond this machine, whatever a package would like."""
    import socket

    def refused(self: Any, address: Any) -> Any:
        if isinstance(address, tuple) and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a peer wanted to connect to {address}")
        return connect(self, address)

    connect = socket.socket.connect
    socket.socket.connect = refused  # type: ignore[method-assign]


class _Encoder:
    """MiniLM with the vectors of `benchmarks.vectors.KeptEmbeddings`: a text that was embedded is not embedded again."""

    def __init__(self, model: str, path: str) -> None:
        self._folder, self._model = model, None
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=60)
        self._database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def __call__(self, texts: Sequence[str]) -> Any:
        import numpy as np

        keys = [hashlib.sha256(f"{ENCODER}\n{text}".encode()).digest() for text in texts]
        new = sorted({k: t for k, t in zip(keys, texts, strict=True) if self._find(k) is None}.items(), key=_longest)
        for start in range(0, len(new), 256):
            part = new[start : start + 256]
            rows = self._load().encode([text for _, text in part], normalize_embeddings=True, show_progress_bar=False)
            with self._database:
                self._database.executemany(
                    "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                    [(k, np.asarray(row, np.float32).tobytes()) for (k, _), row in zip(part, rows, strict=True)],
                )
        return np.stack([np.frombuffer(self._find(key) or b"", np.float32) for key in keys])

    def _find(self, key: bytes) -> bytes | None:
        row = self._database.execute("SELECT vector FROM vectors WHERE key = ?", [key]).fetchone()
        return None if row is None else row[0]

    def _load(self) -> Any:
        if self._model is None:
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(self._folder, device="cpu", local_files_only=True)
        return self._model


def _longest(item: tuple[bytes, str]) -> int:
    return len(item[1])


Texts = Sequence[tuple[str, str, str]]
Searches = dict[str, Callable[[str], list[str]]]


def _mem0(home: Path, texts: Texts, encoder: _Encoder) -> Searches:
    """mem0 with Chroma, each turn added as it is (`infer=False`); no threshold, no reranker."""
    from mem0 import Memory
    from mem0.embeddings import huggingface

    huggingface.SentenceTransformer = lambda *_, **__: None  # `encoder` stands in for it

    memory = Memory.from_config(
        {
            "vector_store": {
                "provider": "chroma",
                "config": {"collection_name": "turns", "path": str(home / "chroma")},
            },
            "embedder": {"provider": "huggingface", "config": {"model": encoder._folder, "embedding_dims": 384}},
            "llm": {"provider": "openai", "config": {"api_key": "none", "model": "none"}},
            "history_db_path": str(home / "history.db"),
        }
    )
    memory.embedding_model.embed = lambda text, *_: encoder([text])[0].tolist()
    memory.embedding_model.embed_batch = lambda many, *_: encoder(many).tolist()
    turn_of = {}
    for turn, _, text in texts:
        if text.strip():
            added = memory.add([{"role": "user", "content": text}], user_id="u", infer=False)
            turn_of[added["results"][0]["id"]] = turn

    def search(question: str) -> list[str]:
        found = memory.search(question, top_k=DEPTH, threshold=0.0, filters={"user_id": "u"})
        return [turn_of[hit["id"]] for hit in found["results"]]

    return {"mem0": search}


def _mempalace(home: Path, texts: Texts, encoder: _Encoder) -> Searches:
    """MemPalace: each turn filed through its door for live conversations, found by the search of its product.

    Its search takes its candidates from the vectors (as it comes), or from vectors and words ("union").
    """
    from chromadb.api.types import EmbeddingFunction
    from mempalace import embedding

    class Same(EmbeddingFunction):  # type: ignore[type-arg]
        def __init__(self) -> None:
            pass

        @staticmethod
        def name() -> str:
            return "default"

        def __call__(self, input: Any) -> Any:
            return list(encoder(list(input)))

    embedding._build_ef_class = lambda: lambda **_: Same()
    from mempalace.convo_miner import file_conversation_exchange
    from mempalace.palace import get_collection
    from mempalace.searcher import search_memories

    palace = str(home / "palace")
    collection = get_collection(palace, create=True)
    turn_of = {}
    for turn, session, text in texts:
        source = f"{session}/{turn}.txt"  # one for each turn: hits of one source are folded into one
        drawer = file_conversation_exchange(
            collection, wing="talk", room="talk", text=text, source_file=source, agent="benchmark"
        )
        if drawer:
            turn_of[drawer] = turn

    def search(question: str, strategy: str) -> list[str]:
        found = search_memories(question, palace, n_results=DEPTH, candidate_strategy=strategy)
        if found.get("error"):
            raise RuntimeError(found["error"])
        ranked = dict.fromkeys(turn_of[hit["drawer_id"]] for hit in found["results"] if hit["drawer_id"] in turn_of)
        return list(ranked)

    return {
        "mempalace": lambda question: search(question, "vector"),
        "mempalace_union": lambda question: search(question, "union"),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    serve(parser.parse_args().home)
    sys.stdout.flush()
    os._exit(0)  # threads of the peers may hang on
