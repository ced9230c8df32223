"""Opens what a command needs and closes it again. Errors are caught here, once, for the whole terminal.

Exit codes: 0 done · 1 it could not be done, and standard error says why · 2 the command line is wrong ·
3 what was named, a file too, is not there · 130 Ctrl-C.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from ui.terminal import err

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from memory import MemoryManager

FAILED, NOT_FOUND, INTERRUPTED = 1, 3, 130
DRAIN_TIMEOUT_S = 120.0


def settings_of(context: typer.Context, **more: Any) -> Settings:
    """The settings, with what was given before and after the command's name on top."""
    from assistant.settings import load_settings, telemetry_off

    telemetry_off()
    settings = load_settings(**{**(context.find_root().obj or {}), **{k: v for k, v in more.items() if v is not None}})
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "chromadb", "sentence_transformers", "transformers", "filelock"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
    return settings


@contextmanager
def memory_of(context: typer.Context, *, drain: bool = False) -> Iterator[MemoryManager]:
    """The memory of the home, without a chat model. `drain` waits until what was changed is indexed."""
    with caught(context):
        from memory import open_memory

        with open_memory(settings_of(context).home, start_worker=drain) as memory:
            yield memory
            if drain:
                wait_for_jobs(memory)


@contextmanager
def assistant_of(context: typer.Context, **more: Any) -> Iterator[Assistant]:
    """The assistant of the home. A lone command works its own jobs off before it ends; Ctrl-C leaves them queued."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context, **more)) as assistant:
            yield assistant
            wait_for_jobs(assistant)


def wait_for_jobs(worker: Any) -> None:
    """Learn what is queued, with a word about it when that takes longer than a moment."""
    memory = getattr(worker, "memory", worker)
    if not memory.owner:
        return
    if worker.wait_until_idle(timeout_s=1.0):
        return
    waiting = "Remembering … (Ctrl-C leaves it for later)"
    if not err.is_terminal:
        err.print(waiting)
    with err.status(waiting):
        done = worker.wait_until_idle(timeout_s=DRAIN_TIMEOUT_S)
    if not done:
        err.print("Not all of it is learnt yet. The page, or the next command that learns, goes on with it.")


@contextmanager
def caught(context: typer.Context) -> Iterator[None]:
    """The terminal's one door for errors: a line that names the remedy, and an exit code that means something."""
    from assistant.errors import AttuneError, FileMissing, ModelFileMissing, UnknownPersona
    from memory.errors import MemoryStoreError, NotFound
    from personas import PersonaError

    try:
        yield
    except (AttuneError, MemoryStoreError, PersonaError) as error:
        if context.params.get("as_json"):
            sys.stderr.write(
                json.dumps({"error": type(error).__name__, "message": str(error)}, ensure_ascii=False) + "\n"
            )
        else:
            err.print(str(error), style="red", markup=False)
        missing = isinstance(error, NotFound | UnknownPersona | FileMissing | ModelFileMissing)
        raise typer.Exit(NOT_FOUND if missing else FAILED) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(INTERRUPTED) from error
    except BrokenPipeError as error:
        # Whoever read us has gone; say nothing more, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from error
