"""Looks whether everything is in order: versions, model, encoder, home, database, telemetry. Changes nothing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from assistant.errors import AttuneError
from assistant.settings import TELEMETRY_OFF, Settings
from memory import MemoryStoreError

PACKAGES = ("gradio", "langchain", "chromadb", "llama-cpp-python", "sentence-transformers", "sqlite-utils", "torch")

LEARNING = {"extract", "extract_with_model", "title", "summarise", "profile"}
"""Jobs that a stopped command left."""


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    ok: bool
    finding: str


def examine(settings: Settings) -> list[Check]:
    """Every check, in order; one that fails says what to do."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("Python", _python),
        ("packages", _packages),
        ("telemetry", _telemetry),
        ("chat model", _chat_model),
        ("encoder", _encoder),
        ("home", _home),
    ]
    found = []
    for name, check in checks:
        try:
            found.append(Check(name=name, ok=True, finding=check(settings)))
        except (AttuneError, MemoryStoreError) as error:
            found.append(Check(name=name, ok=False, finding=str(error)))
    return found


def _python(_settings: Settings) -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise AttuneError(f"Python {platform.python_version()} is not supported. Use 3.11, 3.12 or 3.13.")
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}"


def _packages(_settings: Settings) -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        raise AttuneError(f"{error.name} is missing. Run `python -m pip install .` again.") from error


def _telemetry(_settings: Settings) -> str:
    loud = [key for key, value in TELEMETRY_OFF.items() if os.environ.get(key) != value]
    if loud:
        raise AttuneError(f"{', '.join(loud)} should be off. Start Attune with the `attune` command.")
    return "off"


def _chat_model(settings: Settings) -> str:
    from assistant.chat_model import check_model, load_chat_model

    check_model(settings)
    if settings.is_remote:
        return f"{settings.model} at {settings.base_url} (not contacted)"
    model: Any = load_chat_model(settings)
    try:
        return f"{model.model_name}, {model.n_params / 1e6:,.1f} M parameters, context {model.n_ctx:,}, {model.device}"
    finally:
        model.close()


def _encoder(_settings: Settings) -> str:
    from memory.embeddings import check_weights, model_folder

    check_weights(model_folder())
    return "all-MiniLM-L6-v2, checksum right"


def _home(settings: Settings) -> str:
    from memory import open_memory
    from ui.cards import said_and_known

    with open_memory(settings.home, start_worker=False) as memory:
        problems = memory.check()
        if problems:
            raise AttuneError(" ".join(problems))
        owner = "" if memory.owner else ", open in another process"
        counts, queued = memory.counts(), memory.jobs.pending(LEARNING)
    waiting = f", {queued} to be learnt from at the next chat" if queued else ""
    return f"{settings.home}, {said_and_known(counts)}{waiting}{owner}"
