"""`attune export`, `import` and `erase`: everything out, in again, and gone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.session import FAILED, caught, memory_of, settings_of
from ui.terminal import err, out, print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WORD = "erase"


def export_data(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Write everything that is known to a zip."""
    with memory_of(context) as store:
        from assistant.profile import current_profile, profile_text
        from memory import transfer

        manifest = transfer.export_zip(store, file, profile_text=profile_text(current_profile(store).lines))
        if as_json:
            print_json(manifest)
        else:
            counts = manifest["counts"]
            out.print(f"{file}: {counts['messages']} messages, {counts['memories']} memories", markup=False)


def import_data(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Read an exported zip. What is already there stays as it is."""
    with memory_of(context, drain=True) as store:
        from memory import transfer

        counts = transfer.import_zip(store, file)
        if as_json:
            print_json(counts)
        else:
            out.print(
                "\n".join(f"{name}: {n['added']} added, {n['skipped']} already there" for name, n in counts.items())
            )


def erase(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove everything Attune knows. Cannot be taken back; export first."""
    with caught(context):
        from memory import open_memory, transfer

        home = settings_of(context).home
        with open_memory(home, start_worker=False) as store:
            counts, owner = store.counts(), store.owner
        if not owner:
            err.print("Attune is open in another window. Close it, then erase.", style="red")
            raise typer.Exit(FAILED)
        err.print(f"{home}: {counts['messages']} messages, {counts['memories']} memories.", markup=False)
        if (
            not yes
            and typer.prompt(f"Type {WORD} to remove all of it", err=True, default="", show_default=False) != WORD
        ):
            err.print("Nothing was removed.")
            raise typer.Exit(FAILED)
        removed = transfer.erase(home)
        if as_json:
            print_json({"removed": removed})
        err.print("Everything is gone.")
