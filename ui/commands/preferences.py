"""`attune preferences`: ratings as training data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ui.session import caught, settings_of
from ui.terminal import err, out, print_json, print_table

preferences = typer.Typer(help="Your ratings as training data.", no_args_is_help=True, rich_markup_mode=None)


class Format(StrEnum):
    DPO = "dpo"
    KTO = "kto"
    SFT = "sft"
    ALL = "all"


class System(StrEnum):
    KEEP = "keep"
    DROP = "drop"


@preferences.callback()
def _group() -> None:
    """One verb so far; without this it would be the noun's only meaning."""


@preferences.command()
def export(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="A folder; files of the same names are replaced. Not needed with --preview."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Which files.")] = Format.ALL,
    system: Annotated[
        System,
        typer.Option(
            help="keep: each prompt as it was read. drop: without the system prompt and the memories before a question, so "
            "that training puts them into the model; the date stays."
        ),
    ] = System.KEEP,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="Strike out addresses, numbers, handles, dates of birth, names after a title and names that a fact holds. Other "
            "names stay: look through the files before you give them away.",
        ),
    ] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Show the first rows and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write kto.jsonl, dpo.jsonl and sft.jsonl for TRL, and meta.jsonl beside them."""
    if folder is None and not preview:
        raise typer.BadParameter(
            "Name a folder for the files, or look at the first rows with --preview.", param_hint="--out"
        )
    with caught(context):
        from assistant.assistant import open_assistant
        from assistant.preferences import write

        with open_assistant(settings_of(context)) as assistant:
            rows = assistant.preference_rows(system=system is System.KEEP, redact=redact)
            if folder is None or preview:
                return print_json([row.row for row in rows if form in (Format.ALL, row.file)][:3])
            written = write(rows, folder, form.value)
        if as_json:
            return print_json({"folder": folder, "lines": written})
        print_table(("file", "lines"), [(name, str(n)) for name, n in written.items()], empty="")
        if not rows:
            err.print("There are no ratings yet, so the files are empty.")
        return out.print(str(folder), markup=False)
