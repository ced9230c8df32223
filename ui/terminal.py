"""How things look in a terminal: text, tables, JSON. Knows records; knows no commands."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
LINE_EVERY_S = 10.0
"""Where there is no terminal to draw a bar on, so often a line says how far something is."""


def plain(value: Any) -> Any:
    """A record, or anything made of records, as what JSON can say."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in asdict(value).items()}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table, or what to do when there is nothing in it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    listed = list(rows)
    for number, name in enumerate(columns):
        # An identifier that is cut cannot be typed again.
        whole = max((len(row[number]) for row in listed), default=0) if name in ("id", "message") else None
        no_wrap = name in ("id", "message", "since", "until", "when")
        table.add_column(name, no_wrap=no_wrap, overflow="fold", min_width=whole)
    for row in listed:
        table.add_row(*(Text(cell) for cell in row))
    if table.row_count:
        out.print(table)
    else:
        err.print(empty, style="dim")


def day(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().strftime("%d %b %Y %H:%M")


def write(text: str) -> None:
    """A piece of a reply, at once and as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


@contextmanager
def progress_on_err(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Takes (done, of how many) and shows it on standard error: a bar that goes when all is done, or a line now and then.

    Nothing is shown before the first call.
    """
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )
    bar = bars.add_task(doing, total=None)
    told_at = -LINE_EVERY_S

    def show(done: int, total: int) -> None:
        nonlocal told_at
        if err.is_interactive:
            bars.start()
            bars.update(bar, completed=done, total=total)
        elif time.monotonic() - told_at >= LINE_EVERY_S:
            told_at = time.monotonic()
            err.print(f"{doing}: {done:,} of {total:,}", markup=False)

    try:
        yield show
    finally:
        if bars.live.is_started:
            bars.stop()


def agreed(question: str, *, yes: bool, as_json: bool, word: str = "") -> bool:
    """Whether the user agrees. Who reads JSON is a program and not asked; an answer may be piped in.

    Args:
        yes: the user has agreed already, with `--yes`.
        word: what must be typed where a "y" is too little.

    Raises:
        YesNeeded: there is nobody to ask.
    """
    from assistant.errors import YesNeeded

    if yes:
        return True
    if as_json:
        raise YesNeeded
    try:
        if word:
            return bool(typer.prompt(question, err=True, default="", show_default=False) == word)
        return typer.confirm(question, err=True)
    except typer.Abort as error:
        if sys.stdin.isatty():
            raise
        err.print()
        raise YesNeeded from error


def piped_text() -> str:
    """What is piped in. Bytes that are not UTF-8 are replaced, so that any file can be said."""
    stream = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if stream is None else stream.read().decode("utf-8", errors="replace")


def text_of(file: Path) -> str:
    """What a file that the user names holds, or what is piped in for `-`.

    Raises:
        FileMissing: there is none.
        AttuneError: it cannot be read, or is not UTF-8.
    """
    from assistant.errors import AttuneError

    if str(file) == "-":
        return piped_text()
    try:
        return existing(file).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise AttuneError(f"{file} is not text in UTF-8. Name one that is, or - for a pipe.") from error
    except OSError as error:
        raise AttuneError(f"{file} cannot be read ({error.strerror}). Name a file of text, or - for a pipe.") from error


def existing(path: Path) -> Path:
    """A file or folder that the user names. Raises FileMissing."""
    from assistant.errors import FileMissing

    if not path.exists():
        raise FileMissing(f"There is no file {path}. Check its name and folder.")
    return path


def not_there(path: Path, *, overwrite: bool) -> Path:
    """A file to be written. Raises ExportFailed where one stands that is not to be replaced."""
    from assistant.errors import ExportFailed

    if path.exists() and not overwrite:
        raise ExportFailed(f"{path} is there already. Choose another name, or add --overwrite to replace it.")
    return path


def lines_from(stream: Any) -> Iterator[str]:
    """What a person types, prompt by prompt, until end of file."""
    while True:
        err.print("[bold]You[/bold] ", end="")
        line = stream.readline()
        if not line:
            return
        yield line.rstrip("\n")
