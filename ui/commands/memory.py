"""`attune memory`: what is remembered, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.session import memory_of
from ui.terminal import day, err, out, print_json, print_table

memory = typer.Typer(help="What is remembered.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Identifier = Annotated[str, typer.Argument(help="As `attune memory list` shows it.")]


@memory.command("list")
def list_memories(
    context: typer.Context,
    closed: Annotated[bool, typer.Option("--all", help="Also what is no longer true.")] = False,
    as_json: AsJson = False,
) -> None:
    """Facts and standing instructions, newest first."""
    with memory_of(context) as store:
        found = store.memories(include_closed=closed)
        if as_json:
            return print_json(found)
        rows = [(m.id, m.content, day(m.valid_from), day(m.valid_to)) for m in found]
        return print_table(
            ("id", "memory", "since", "until"), rows, empty='Nothing yet. Try: attune chat "My name is …"'
        )


@memory.command()
def search(
    context: typer.Context,
    query: str,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 10,
    as_json: AsJson = False,
) -> None:
    """Find facts and messages, best first. Among the words may stand persona:ada, from:me, before:2026-05, after:2026."""
    with memory_of(context) as store:
        hits = store.search_as_typed(query, limit=limit)
        if as_json:
            return print_json(
                [{"type": "memory" if hasattr(hit.item, "kind") else "message", **_row(hit)} for hit in hits]
            )
        rows = [(hit.item.id, hit.item.content[:200], day(hit.item.created_at)) for hit in hits]
        return print_table(("id", "found", "when"), rows, empty="Nothing was found. Try fewer or other words.")


@memory.command()
def add(context: typer.Context, content: str, as_json: AsJson = False) -> None:
    """Remember a sentence."""
    from assistant.errors import EmptyMessage

    with memory_of(context, drain=True) as store:
        if not content.strip():
            raise EmptyMessage("There is nothing to remember. Give a sentence.")
        added = store.add(content=content)
        print_json(added) if as_json else out.print(added.id)


@memory.command()
def edit(context: typer.Context, identifier: Identifier, content: str, as_json: AsJson = False) -> None:
    """Reword a fact; the wording before stays in its history."""
    with memory_of(context, drain=True) as store:
        changed = store.update(identifier, content=content)
        print_json(changed) if as_json else out.print(changed.content, markup=False)


@memory.command()
def forget(
    context: typer.Context,
    identifier: Identifier,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a fact: strike it out of every message, reply and page that quotes it. Cannot be taken back."""
    with memory_of(context, drain=True) as store:
        plan = store.plan_forget(identifier)
        for fact in plan.memories:
            err.print(f"forget   {fact.content}", markup=False)
        for message in plan.redacted_messages:
            err.print(f"redact   {message.role}, {day(message.created_at)}: {message.content[:120]}", markup=False)
        if not yes and not typer.confirm("Forget this for good?", err=True):
            raise typer.Exit(1)
        store.delete(identifier)
        if as_json:
            print_json({"forgotten": [m.id for m in plan.memories], "redacted": [m.id for m in plan.redacted_messages]})


@memory.command()
def history(context: typer.Context, identifier: Identifier, as_json: AsJson = False) -> None:
    """What happened to a fact, oldest first."""
    with memory_of(context) as store:
        events = store.history(identifier)
        if as_json:
            return print_json(events)
        rows = [(day(event.at), event.kind, event.by, event.content or "(forgotten)") for event in events]
        return print_table(("when", "what", "by", "memory"), rows, empty="")


@memory.command("rebuild-index")
def rebuild_index(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the search indexes anew from the database."""
    with memory_of(context) as store:
        with err.status("Building …") as status:
            store.rebuild_index(progress=lambda done, total: status.update(f"Building … {done} of {total}"))
        if as_json:
            print_json(store.counts())


def _row(hit: object) -> dict[str, object]:
    from ui.terminal import plain

    row: dict[str, object] = plain(hit)
    item = row.pop("item")
    return {**row, **(item if isinstance(item, dict) else {})}
