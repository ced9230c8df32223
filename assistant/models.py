"""Which model files there are: the one that ships, and those already on this disk. Loads none of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import psutil

from assistant.errors import ModelFileMissing, NotAGguf

MAGIC = b"GGUF"
BUILTIN_NAME = "attune-mini.gguf"
MAX_DEPTH = 6
TIME_LIMIT_S = 3.0
MIN_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class LocalModel:
    path: Path
    name: str
    size_bytes: int
    fits: bool
    """Would it fit into the memory that is free now?"""


def builtin_model_path() -> Path:
    """The model that ships with Attune."""
    return Path(str(files("assistant") / "builtin" / BUILTIN_NAME))


def check_gguf(path: Path) -> None:
    """Is there a model in this file?

    Raises:
        ModelFileMissing, NotAGguf
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise ModelFileMissing(
            f"No model can be read at {path} ({error.strerror}). Give the path of a GGUF file with --model or "
            "ATTUNE_MODEL, or leave both out to use the built-in model."
        ) from error
    if head != MAGIC:
        raise NotAGguf(f"{path} is not a GGUF model. Choose a file in GGUF format: llama.cpp reads no other.")


def model_folders() -> list[Path]:
    """Where other programs keep GGUF files."""
    home = Path.home()
    cache = Path(os.environ.get("XDG_CACHE_HOME", home / ".cache"))
    data = Path(os.environ.get("XDG_DATA_HOME", home / ".local" / "share"))
    return [
        Path(os.environ.get("HF_HOME", cache / "huggingface")) / "hub",
        cache / "llama.cpp",
        cache / "lm-studio" / "models",
        home / ".lmstudio" / "models",
        home / "jan" / "models",
        data / "Jan" / "data" / "llamacpp" / "models",
        data / "nomic.ai" / "GPT4All",
        home / "Library" / "Application Support" / "nomic.ai" / "GPT4All",
        home / ".ollama" / "models" / "blobs",
        home / "models",
        home / "Downloads",
    ]


def find_gguf_files(roots: Sequence[Path] | None = None, *, limit: int = 20) -> list[LocalModel]:
    """GGUF models already on this disk, the largest that fits first. Looks for a few seconds at most.

    Args:
        roots: folders to look in; None for those that other programs use.
    """
    deadline = time.monotonic() + TIME_LIMIT_S
    free = psutil.virtual_memory().available
    found: dict[Path, LocalModel] = {}
    for root in model_folders() if roots is None else roots:
        for path in _candidates(root, deadline):
            try:
                real = path.resolve()
                size = real.stat().st_size
                if real in found or size < MIN_BYTES:
                    continue
                check_gguf(real)
            except (OSError, ModelFileMissing, NotAGguf):
                continue
            found[real] = LocalModel(path=path, name=path.stem, size_bytes=size, fits=size * 1.2 < free)
    return sorted(found.values(), key=lambda m: (not m.fits, -m.size_bytes))[:limit]


def _candidates(root: Path, deadline: float) -> Iterator[Path]:
    """Files that may be chat models: by name, or an Ollama blob. Projectors and later parts of a split are left out."""
    depth = len(root.parts)
    for folder, folders, names in os.walk(root):
        if time.monotonic() > deadline:
            return
        if len(Path(folder).parts) - depth >= MAX_DEPTH:
            folders.clear()
        for name in names:
            lower = name.lower()
            is_model = (
                lower.endswith(".gguf") and "mmproj" not in lower and ("-of-" not in lower or "-00001-of-" in lower)
            )
            if (is_model or name.startswith("sha256-")) and name != BUILTIN_NAME:
                yield Path(folder) / name
