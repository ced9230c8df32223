"""`attune memory`: what is remembered, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from ui.session import FAILED, memory_of
from ui.terminal import agreed, day, err, existing, not_there, out, plain, print_json, print_table, text_of, write

if TYPE_CHECKING:
    from assistant.memory_file import Changes
    from memory import ForgetPlan

memory = typer.Typer(help="What is remembered.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Held = Annotated[str, typer.Argument(help="As `attune memory held` shows it.")]
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
    """Find facts and messages, best first. Among the words: persona:ada, in:garden, from:me, before:2026-05, after:2026.

    Facts alone: is:plan, about:sister, by:me, and on:2026-03-20 for what was true that day.
    """
    with memory_of(context) as store:
        from assistant import digests
        from memory.filters import read_filters
        from ui.filters import narrowed_hits, narrowed_list, read_filter

        words, narrowed = read_filter(query)
        if not narrowed.is_empty and read_filters(words).only_persona:
            listed = narrowed_list(store, query, include_closed=False)[:limit]
            if as_json:
                return print_json([{"type": "memory", **plain(memory)} for memory in listed])
            rows = [(m.id, m.content, day(m.created_at)) for m in listed]
            return print_table(("id", "found", "when"), rows, empty="Nothing was found. Try another filter.")
        hits = narrowed_hits(store, query, limit=limit)
        about = digests.search(store, words) if narrowed.is_empty else []
        if as_json:
            return print_json(
                [
                    *({"type": "memory" if hasattr(hit.item, "kind") else "message", **_row(hit)} for hit in hits),
                    *({"type": "digest", **asdict(digest)} for digest in about),
                ]
            )
        rows = [(hit.item.id, hit.item.content[:200], day(hit.item.created_at)) for hit in hits]
        rows += [(digest.key, f"In short: {digest.title}", f"{digest.lines[-1].day:%Y-%m-%d}") for digest in about]
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
    identifier: Annotated[str | None, typer.Argument(help="A fact, as `attune memory list` shows it.")] = None,
    topic: Annotated[str, typer.Option(help="Everything about a topic: “my ex”.")] = "",
    person: Annotated[str, typer.Option(help="A person or pet, by name or by what they are to you: “sister”.")] = "",
    first: Annotated[str, typer.Option("--from", help="All that was said from this day, like 2026-05-03.")] = "",
    last: Annotated[str, typer.Option("--to", help="… to the end of this day.")] = "",
    conversation: Annotated[str, typer.Option(help="A whole conversation, by its identifier.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a fact, a topic, a person, a time or a conversation, in every message and page. Cannot be taken back."""
    from memory.dates import local_days

    if sum(bool(given) for given in (identifier, topic, person, first, conversation)) != 1 or (last and not first):
        raise typer.BadParameter("Name one thing: an ID, --topic, --person, --from with --to, or --conversation.")
    with memory_of(context, drain=True) as store:
        if topic:
            plan = store.plan_forget_topic(topic)
        elif person:
            plan = store.plan_forget_person(person)
        elif first:
            plan = store.plan_forget_period(*local_days(first, last))
        elif conversation:
            plan = store.plan_delete_conversation(conversation)
        else:
            plan = store.plan_forget(identifier or "")
        if not as_json:
            _show_plan(plan)
        elif not plan.is_empty and not yes:
            print_json(_plan_row(plan))
        if not plan.is_empty:
            if not agreed("Forget this for good?", yes=yes, as_json=as_json):
                raise typer.Exit(FAILED)
            store.forget(plan)
        if as_json:
            print_json(
                {
                    "forgotten": [m.id for m in plan.memories],
                    "redacted": [m.id for m in (*plan.redacted_messages, *plan.blanked_messages)],
                    "conversations": [c.id for c in plan.deleted_conversations],
                }
            )


def _plan_row(plan: ForgetPlan) -> dict[str, object]:
    """What would go, for a program to show before it agrees."""
    return {
        "would_forget": [{"id": m.id, "content": m.content} for m in plan.memories],
        "would_redact": [
            {"id": m.id, "role": m.role, "content": m.content}
            for m in (*plan.redacted_messages, *plan.blanked_messages)
        ],
        "would_delete": [{"id": c.id, "title": c.title} for c in plan.deleted_conversations],
    }


def _show_plan(plan: ForgetPlan) -> None:
    if plan.is_empty:
        err.print("Nothing is known of that. Nothing was forgotten.")
    for gone in plan.deleted_conversations:
        err.print(f"delete   the conversation {gone.title}, {day(gone.created_at)}", markup=False)
    for fact in plan.memories:
        err.print(f"forget   {fact.content}", markup=False)
    for message in (*plan.redacted_messages, *plan.blanked_messages):
        err.print(f"redact   {message.role}, {day(message.created_at)}: {message.content[:120]}", markup=False)


@memory.command()
def held(context: typer.Context, as_json: AsJson = False) -> None:
    """Delicate statements that were found and not kept: they wait for your word."""
    with memory_of(context) as store:
        found = store.held_facts()
        if as_json:
            return print_json(found)
        rows = [(h.id, h.sensitivity, h.content, day(h.valid_from)) for h in found]
        return print_table(("id", "class", "held back", "said"), rows, empty="Nothing is held back.")


@memory.command()
def keep(context: typer.Context, identifier: Held, as_json: AsJson = False) -> None:
    """Keep something that was held back, as a memory."""
    with memory_of(context, drain=True) as store:
        kept = store.keep_held(identifier)
        print_json(kept) if as_json else out.print(kept.id)


@memory.command()
def decline(context: typer.Context, identifier: Held, as_json: AsJson = False) -> None:
    """Do not keep something that was held back; it is not offered again."""
    with memory_of(context) as store:
        store.decline_held(identifier)
        if as_json:
            print_json({"declined": identifier})


@memory.command()
def allow(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="health, religion, politics, sexuality, ethnicity, location or identifier.")
    ],
    off: Annotated[bool, typer.Option("--off", help="Hold it back again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a delicate class be kept without asking."""
    from assistant.extraction import allow_class, allowed_classes

    with memory_of(context) as store:
        allow_class(store, name, allowed=not off)
        now = sorted(allowed_classes(store))
        print_json({"allowed": now}) if as_json else out.print(", ".join(now) or "none", markup=False)


@memory.command()
def history(context: typer.Context, identifier: Identifier, as_json: AsJson = False) -> None:
    """What happened to a fact, oldest first."""
    with memory_of(context) as store:
        events = store.history(identifier)
        if as_json:
            return print_json(events)
        rows = [(day(event.at), event.kind, event.by, event.content or "(forgotten)") for event in events]
        return print_table(("when", "what", "by", "memory"), rows, empty="")


@memory.command()
def save(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Ends in .md, .jsonl or .csv; - prints markdown.")],
    closed: Annotated[bool, typer.Option("--all", help="Also what is no longer true (not in .md).")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the memories to a file: markdown that you can edit and load back, JSON lines, or a table."""
    from assistant import memory_file
    from assistant.errors import AttuneError

    forms: dict[str, memory_file.Format] = {".md": "md", ".jsonl": "jsonl", ".csv": "csv"}
    with memory_of(context) as store:
        found = store.memories(include_closed=closed, limit=1_000_000)
        if str(file) == "-":
            write(memory_file.write(found))
            return
        if file.suffix.lower() not in forms:
            raise AttuneError(f"{file.name} must end in .md, .jsonl or .csv.")
        try:
            not_there(file, overwrite=overwrite).write_text(
                memory_file.write(found, forms[file.suffix.lower()]), encoding="utf-8"
            )
        except OSError as error:
            raise AttuneError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
        if as_json:
            print_json({"file": str(file), "memories": len(found)})


@memory.command()
def load(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="What `save` wrote (.md, .jsonl, .csv), or a list from another assistant (.txt); - reads a pipe."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read an edited page, a table or JSON lines back, or a list from ChatGPT or Claude. Shows what would change first."""
    with memory_of(context, drain=True) as store:
        from assistant import memory_file

        if str(file) != "-":
            memory_file.check_ending(existing(file))
        text = text_of(file)
        memory_file.check(text, file)
        planned = memory_file.plan_load(store, text)
        if not as_json:
            _show_changes(planned)
        elif not planned.is_empty and not yes:
            print_json(_changes_row(planned))
        if not planned.is_empty:
            if not agreed("Change this?", yes=yes, as_json=as_json):
                raise typer.Exit(FAILED)
            memory_file.carry_out(store, planned)
        if as_json:
            counts = {"added": len(planned.added), "reworded": len(planned.reworded), "closed": len(planned.closed)}
            print_json({**counts, "left_out": len(planned.refused) + len(planned.unreadable)})


def _changes_row(planned: Changes) -> dict[str, object]:
    """What would change, for a program to show before it agrees."""
    return {
        "would_add": planned.added,
        "would_reword": [{"id": old.id, "content": old.content, "becomes": words} for old, words in planned.reworded],
        "would_close": [{"id": old.id, "content": old.content} for old in planned.closed],
        "left_out": [*planned.refused, *planned.unreadable],
    }


def _show_changes(planned: Changes) -> None:
    for content in planned.added:
        err.print(f"+ {content}", markup=False)
    for old, words in planned.reworded:
        err.print(f"~ {old.content} -> {words}", markup=False)
    for old in planned.closed:
        err.print(f"- {old.content}", markup=False)
    for words in planned.refused:
        err.print(f"! delicate, secret or an instruction, left out: {words}", markup=False)
    for words in planned.unreadable:
        err.print(f"! not a memory, left out: {words}", markup=False)
    if planned.is_empty:
        err.print("Nothing would change.")


@memory.command()
def digest(
    context: typer.Context,
    month: Annotated[str, typer.Argument(help="A month, like 2026-03; without it, this one.")] = "",
    conversation: Annotated[str, typer.Option(help="A conversation, by its identifier.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a month or a conversation was about, in dated lines that cite where they come from."""
    from assistant import digests
    from assistant.errors import AttuneError

    with memory_of(context) as store:
        if conversation:
            found = digests.digest_of_conversation(store, conversation)
        else:
            try:
                when = digests.month(month or f"{store.clock().astimezone():%Y-%m}")
            except ValueError as error:
                raise AttuneError(f"“{month}” is no month. Write it like 2026-03.") from error
            found = digests.digest_of_period(store, when)
        print_json(found) if as_json else write(digests.as_text(found))


class NumbersAreArguments(TyperCommand):
    """`-5` is no option: it is a number that cannot be."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for given in args:
            if re.fullmatch(r"-\d+", given):
                raise typer.BadParameter(f"{given} is no number of days. Name one above 0, like 90, or `ever`.", ctx)
        return super().parse_args(ctx, args)


@memory.command(cls=NumbersAreArguments)
def retention(
    context: typer.Context,
    days: Annotated[
        str, typer.Argument(help="A number of days, or `ever`. Without it: how long they are kept now.")
    ] = "",
    conversation: Annotated[str, typer.Option(help="One conversation alone, by its identifier.")] = "",
    as_json: AsJson = False,
) -> None:
    """How long conversations are kept after their last message. What is past it goes with what only it taught."""
    from memory import retention as keeping

    with memory_of(context, drain=True) as store:
        if days and not (days == "ever" or (days.isdigit() and int(days) > 0)):
            raise typer.BadParameter("Name a number of days, like 90, or `ever`.")
        number = int(days) if days.isdigit() else None
        if days and conversation:
            keeping.keep_for(store, conversation, number or keeping.FOR_EVER)
        elif days:
            keeping.keep_all_for(store, number)
        kept = store.get_conversation(conversation).keep_days if conversation else None
        now = kept if kept is not None else keeping.days_for_all(store)
        if as_json:
            return print_json({"days": now or None, "conversation": conversation or None})
        return out.print(f"Kept for {now} days after the last message." if now else "Kept for ever.")


@memory.command("rebuild-index")
def rebuild_index(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the search indexes anew from the database."""
    with memory_of(context) as store:
        with err.status("Building …") as status:
            store.rebuild_index(progress=lambda done, total: status.update(f"Building … {done} of {total}"))
        if as_json:
            print_json(store.counts())


def _row(hit: object) -> dict[str, object]:
    row: dict[str, object] = plain(hit)
    item = row.pop("item")
    return {**row, **(item if isinstance(item, dict) else {})}
