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
    """Read an export: Attune's zip, or the conversations of ChatGPT or Claude. What is already there stays as it is."""
    from memory.chat_exports import is_chat_export

    if is_chat_export(file):
        return _import_chats(context, file, as_json)
    with memory_of(context, drain=True) as store:
        from memory import transfer

        counts = transfer.import_zip(store, file)
        if as_json:
            print_json(counts)
        else:
            out.print(
                "\n".join(f"{name}: {n['added']} added, {n['skipped']} already there" for name, n in counts.items())
            )

    return None


def _import_chats(context: typer.Context, file: Path, as_json: bool) -> None:
    """Ctrl-C or a kill loses nothing: the same command goes on where it was."""
    from dataclasses import asdict

    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    with memory_of(context, drain=True) as store:
        from memory.chat_import import import_chats

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True) as bars:
            reading = bars.add_task("Reading", total=None)
            embedding = bars.add_task("Making searchable by meaning", total=None, visible=False)
            result = import_chats(
                store,
                file,
                reading=lambda done, total: bars.update(reading, completed=done, total=total),
                embedding=lambda done, total: bars.update(embedding, completed=done, total=total, visible=True),
            )
        if as_json:
            print_json(asdict(result))
        else:
            out.print(
                f"{result.conversations} conversations with {result.messages} messages added, "
                f"{result.known_conversations} conversations and {result.known_messages} messages already there"
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
