"""`attune collection`: conversations that belong together."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.session import memory_of
from ui.terminal import day, out, print_json, print_table

collection = typer.Typer(help="Conversations that belong together.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="A collection, by name or identifier.")]


@collection.command("list")
def list_collections(context: typer.Context, as_json: AsJson = False) -> None:
    """The collections, and how many conversations each holds."""
    with memory_of(context) as store:
        found = [(c, len(store.collections.conversations(c.id))) for c in store.collections.all()]
        if as_json:
            return print_json([{"id": c.id, "name": c.name, "conversations": count} for c, count in found])
        return print_table(
            ("id", "name", "conversations"),
            [(c.id, c.name, str(count)) for c, count in found],
            empty="None yet. Try: attune chat --collection Garden",
        )


@collection.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """The conversations in a collection, last spoken in first."""
    with memory_of(context) as store:
        found = store.collections.conversations(name)
        if as_json:
            return print_json(found)
        rows = [(c.id, c.title, day(c.updated_at)) for c in found]
        return print_table(("id", "title", "when"), rows, empty="It is empty.")


@collection.command()
def put(
    context: typer.Context,
    name: Name,
    conversations: Annotated[list[str], typer.Argument(help="Conversations, by identifier.")],
    as_json: AsJson = False,
) -> None:
    """Put conversations into a collection, which is made when it is new."""
    with memory_of(context) as store, store.store.transaction():
        made = store.collections.create(name)
        for identifier in conversations:
            store.collections.put(identifier, made.id)
        print_json(made) if as_json else out.print(made.id)


@collection.command()
def take(
    context: typer.Context,
    conversation: Annotated[str, typer.Argument(help="A conversation, by identifier.")],
    as_json: AsJson = False,
) -> None:
    """Take a conversation out of its collection."""
    with memory_of(context) as store:
        store.collections.put(conversation, None)
        if as_json:
            print_json(store.get_conversation(conversation))


@collection.command()
def rename(context: typer.Context, name: Name, new_name: str, as_json: AsJson = False) -> None:
    """Give a collection another name."""
    with memory_of(context) as store:
        renamed = store.collections.rename(name, new_name)
        print_json(renamed) if as_json else out.print(renamed.name, markup=False)


@collection.command()
def delete(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Delete a collection. Its conversations stay."""
    with memory_of(context) as store:
        gone = store.collections.delete(name)
        if as_json:
            print_json(gone)
