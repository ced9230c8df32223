"""`attune persona`: who can speak."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.session import memory_of
from ui.terminal import out, print_json, print_table, write

persona = typer.Typer(help="Who speaks.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@persona.command("list")
def list_personas(context: typer.Context, as_json: AsJson = False) -> None:
    """Shipped personas and your own."""
    with memory_of(context) as store:
        from assistant.assistant import personas_of

        found = list(personas_of(store).values())
        if as_json:
            return print_json(
                [
                    {"id": p.id, "name": p.name, "description": p.description, "memory_scope": p.memory_scope}
                    for p in found
                ]
            )
        rows = [(p.id, p.name, p.memory_scope, p.description) for p in found]
        return print_table(("id", "name", "memory", "description"), rows, empty="")


@persona.command("own-memory")
def own_memory(
    context: typer.Context,
    persona_id: str,
    off: Annotated[bool, typer.Option("--off", help="Share it with the others again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a persona keep what it is told from now on to itself."""
    with memory_of(context) as store:
        from assistant.assistant import give_own_memory

        changed = give_own_memory(store, persona_id, own=not off)
        print_json(changed) if as_json else out.print(f"{changed.name}: {changed.memory_scope}", markup=False)


@persona.command()
def show(context: typer.Context, persona_id: str, as_json: AsJson = False) -> None:
    """Print a persona as YAML."""
    with memory_of(context) as store:
        from assistant.assistant import find_persona, personas_of
        from personas import write_persona

        found = find_persona(personas_of(store), persona_id)
        print_json(found) if as_json else write(write_persona(found))
