"""`attune export`, `import` and `erase`: everything out, in again, and gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.session import FAILED, caught, memory_of, settings_of
from ui.terminal import agreed, err, existing, not_there, out, print_json, progress_on_err

if TYPE_CHECKING:
    from memory import MemoryManager

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WORD = "erase"


def export_data(
    context: typer.Context,
    file: Path,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything that is known to a zip."""
    with memory_of(context) as store:
        from assistant.profile import current_profile, profile_text
        from memory import transfer
        from ui.cards import said_and_known

        manifest = transfer.export_zip(
            store, not_there(file, overwrite=overwrite), profile_text=profile_text(current_profile(store).lines)
        )
        if as_json:
            print_json(manifest)
        else:
            counts = manifest["counts"]
            out.print(f"{file}: {said_and_known(counts)}", markup=False)
        if file.suffix.lower() != ".zip":
            err.print(f"{file} is a zip, whatever its ending says.", markup=False)


def import_data(context: typer.Context, file: Path, as_json: AsJson = False) -> None:
    """Read an export: Attune's zip, or the conversations of ChatGPT or Claude. What is already there stays as it is."""
    with memory_of(context, drain=True) as store:
        from memory import transfer
        from memory.chat_exports import is_chat_export

        # What would be embedded in the background is embedded here, where it can be watched.
        with store.worker.paused():
            if is_chat_export(existing(file)):
                _import_chats(store, file, as_json)
            else:
                _print_counts(transfer.import_zip(store, file), as_json)
            # Ctrl-C leaves it queued; by its words it is found already.
            with progress_on_err("Making searchable by meaning (Ctrl-C leaves it for later)") as shown:
                store.embed_pending(shown)


def _print_counts(counts: dict[str, dict[str, int]], as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        out.print("\n".join(f"{name}: {n['added']} added, {n['skipped']} already there" for name, n in counts.items()))


def _import_chats(store: MemoryManager, file: Path, as_json: bool) -> None:
    """Ctrl-C or a kill loses nothing: the same command goes on where it was."""
    from dataclasses import asdict

    from memory.chat_import import import_chats
    from ui.cards import counted

    with progress_on_err("Reading") as reading:
        result = import_chats(store, file, reading=reading, embed=False)
    if as_json:
        print_json(asdict(result))
    else:
        out.print(
            f"{counted(result.conversations, 'conversation')} with {counted(result.messages, 'message')} added, "
            f"{counted(result.known_conversations, 'conversation')} and "
            f"{counted(result.known_messages, 'message')} already there"
        )


def erase(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove everything Attune knows. Cannot be taken back; export first."""
    with caught(context):
        from memory import open_memory, transfer
        from ui.cards import said_and_known

        home = settings_of(context).home
        with open_memory(home, start_worker=False) as store:
            counts, owner = store.counts(), store.owner
        if not owner:
            err.print("Attune is open in another window. Close it, then erase.", style="red")
            raise typer.Exit(FAILED)
        if not as_json:
            err.print(f"{home}: {said_and_known(counts)}.", markup=False)
        elif not yes:
            print_json({"would_remove": str(home), **counts})
        if not agreed(f"Type {WORD} to remove all of it", yes=yes, as_json=as_json, word=WORD):
            err.print("Nothing was removed.")
            raise typer.Exit(FAILED)
        removed = transfer.erase(home)
        if as_json:
            print_json({"removed": removed})
        err.print("Everything is gone.")
