"""`attune feedback` and `attune rules`: thumbs, and what came of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ui.session import caught, memory_of, settings_of
from ui.terminal import day, err, out, print_json, print_table

feedback = typer.Typer(help="Your thumbs.", no_args_is_help=True, rich_markup_mode=None)
rules = typer.Typer(help="What was learnt about how you like answers.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Thumb(StrEnum):
    UP = "up"
    DOWN = "down"


@feedback.command()
def rate(
    context: typer.Context,
    message_id: str,
    thumb: Thumb,
    reason: Annotated[list[str] | None, typer.Option(help="May be given more than once.")] = None,
    comment: Annotated[str, typer.Option()] = "",
    edit: Annotated[str, typer.Option(help="The answer as you would have written it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Rate an answer."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            given = assistant.rate(message_id, 1 if thumb is Thumb.UP else -1, reason or [], comment, edit)
            if as_json:
                print_json(given)
            for proposal in assistant.proposals():
                err.print(f"{proposal.reason} New rule: {proposal.rules[-1].text}", markup=False)
                err.print(f"Accept it with: attune rules accept {proposal.id}", markup=False)


@feedback.command("list")
def list_feedback(context: typer.Context, as_json: AsJson = False) -> None:
    """Every rating, oldest first."""
    with memory_of(context) as store:
        found = store.feedback()
        if as_json:
            return print_json(found)
        rows = [
            (f.message_id, "up" if f.rating == 1 else "down", ", ".join(f.reasons), f.comment, day(f.created_at))
            for f in found
        ]
        return print_table(("message", "thumb", "reasons", "comment", "when"), rows, empty="No ratings yet.")


@rules.command("list")
def list_rules(context: typer.Context, as_json: AsJson = False) -> None:
    """Every version, newest first, with its state and why it was proposed."""
    with memory_of(context) as store:
        found = store.prompt_versions()
        if as_json:
            return print_json(found)
        rows = [(v.id, v.state, " ".join(r.text for r in v.rules if r.enabled), v.reason) for v in found]
        return print_table(("id", "state", "rules", "why"), rows, empty="No rules yet. Thumbs with reasons bring them.")


@rules.command()
def accept(context: typer.Context, version_id: str, as_json: AsJson = False) -> None:
    """Put a proposed version in force."""
    with memory_of(context) as store:
        version = store.set_prompt_state(version_id, "accepted")
        print_json(version) if as_json else out.print(version.state)


@rules.command()
def undo(context: typer.Context, version_id: str, as_json: AsJson = False) -> None:
    """Take a version out of force; the one before it holds again."""
    with memory_of(context) as store:
        version = store.set_prompt_state(version_id, "retired")
        print_json(version) if as_json else out.print(version.state)
