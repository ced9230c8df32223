"""`attune persona`: who can speak."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.session import memory_of
from ui.terminal import print_json, print_table, write

persona = typer.Typer(help="Who speaks.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@persona.command("list")
def list_personas(context: typer.Context, as_json: AsJson = False) -> None:
    """Shipped personas and your own."""
    with memory_of(context) as store:
        from assistant.assistant import personas_of

        found = list(personas_of(store).values())
        if as_json:
            return print_json([{"id": p.id, "name": p.name, "description": p.description} for p in found])
        return print_table(("id", "name", "description"), [(p.id, p.name, p.description) for p in found], empty="")


@persona.command()
def show(context: typer.Context, persona_id: str, as_json: AsJson = False) -> None:
    """Print a persona as YAML."""
    with memory_of(context) as store:
        from assistant.assistant import find_persona, personas_of
        from personas import write_persona

        found = find_persona(personas_of(store), persona_id)
        print_json(found) if as_json else write(write_persona(found))
