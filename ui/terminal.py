"""How things look in a terminal: text, tables, JSON. Knows records; knows no commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


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
    for name in columns:
        # An identifier that is cut cannot be typed again.
        table.add_column(name, no_wrap=name in ("id", "message", "since", "until", "when"), overflow="fold")
    for row in rows:
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


def piped_text() -> str:
    """What is piped in. Bytes that are not UTF-8 are replaced, so that any file can be said."""
    stream = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if stream is None else stream.read().decode("utf-8", errors="replace")


def lines_from(stream: Any) -> Iterator[str]:
    """What a person types, prompt by prompt, until end of file."""
    while True:
        err.print("[bold]You[/bold] ", end="")
        line = stream.readline()
        if not line:
            return
        yield line.rstrip("\n")
