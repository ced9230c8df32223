"""`attune feedback`, `attune rules` and `attune refine`: thumbs, and what came of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from ui.session import assistant_of, caught, memory_of, settings_of, wait_for_jobs
from ui.terminal import day, err, out, plain, print_json, print_table

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
            for memory in assistant.doubted(message_id):
                err.print(f"It was given with: {memory.content}", markup=False)
                err.print(f"If that is wrong: attune feedback settle {message_id} {memory.id}", markup=False)
            for proposal in assistant.proposals():
                err.print(f"{proposal.reason} New rule: {proposal.rules[-1].text}", markup=False)
                err.print(f"Accept it with: attune rules accept {proposal.id}", markup=False)
                err.print(f"Decline it with: attune rules reject {proposal.id}", markup=False)
            wait_for_jobs(assistant)


@feedback.command()
def settle(context: typer.Context, message_id: str, memory_id: str, as_json: AsJson = False) -> None:
    """Close a memory that made an answer wrong; a fact in the rating's comment takes its place."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            right = assistant.settle(message_id, memory_id)
            print_json({"remembered": plain(right)}) if as_json else out.print(right.content if right else "closed")
            wait_for_jobs(assistant)


@feedback.command()
def withdraw(context: typer.Context, message_id: str, as_json: AsJson = False) -> None:
    """Take a rating back; it counts for nothing any more."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            had = bool(assistant.memory.feedback(message_id))
            assistant.withdraw(message_id)
            print_json({"withdrawn": had}) if as_json else out.print("withdrawn" if had else "There was no rating.")


@feedback.command()
def prefer(context: typer.Context, better_id: str, worse_id: str, as_json: AsJson = False) -> None:
    """Of two answers to one message, say which was better: the better one first."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            pair = assistant.prefer(better_id, worse_id)
            print_json(pair) if as_json else out.print("kept")
            wait_for_jobs(assistant)


@feedback.command()
def stats(context: typer.Context, as_json: AsJson = False) -> None:
    """How many ratings there are, by reason, by model and by the rules an answer was written with."""
    with memory_of(context) as store:
        found = store.refinements.stats()
        if as_json:
            return print_json(found)
        rows = [
            (name, key, str(count["up"]), str(count["down"]))
            for name, counts in found["by"].items()
            for key, count in counts.items()
        ]
        out.print(f"{found['up']} up, {found['down']} down, {found['edited']} edited, {found['pairs']} pairs")
        weak = found["weak"]
        out.print(
            f"Without a thumb: {weak['up']} copied, {weak['down']} stopped, written again or asked again", style="dim"
        )
        return print_table(("by", "which", "up", "down"), rows, empty="No ratings yet.")


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
    with assistant_of(context) as assistant:
        version = assistant.accept(version_id)
        print_json(version) if as_json else out.print(version.state)


@rules.command()
def reject(context: typer.Context, version_id: str, as_json: AsJson = False) -> None:
    """Decline a proposed version."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            version = assistant.reject(version_id)
            print_json(version) if as_json else out.print(version.state)


@rules.command()
def undo(context: typer.Context, version_id: str, as_json: AsJson = False) -> None:
    """Take a version out of force; the one before it holds again."""
    with memory_of(context) as store:
        version = store.set_prompt_state(version_id, "retired")
        print_json(version) if as_json else out.print(version.state)


def refine(context: typer.Context, as_json: AsJson = False) -> None:
    """Learn from your ratings now. By itself it happens while nothing else is to be done."""
    with assistant_of(context) as assistant, err.status("Looking at your ratings …") as shown:

        def tell(progress: Any) -> None:
            shown.update(f"{progress.doing} ({progress.done} of {progress.total})")

        from assistant.refinement import describe

        refined = assistant.refine(progress=tell)
        standings = assistant.refiner.standings()
        if as_json:
            nearest = [
                {
                    "edit": plain(s.candidate.edit),
                    "log_wealth": s.log_wealth,
                    "log_threshold": s.log_threshold,
                    "ratings": s.ratings,
                }
                for s in standings
            ]
            return print_json({**plain(refined), "candidates": nearest})
        if refined.why_not:
            return out.print(refined.why_not, markup=False)
        if refined.version is not None:
            state = "in force" if refined.version.state == "accepted" else "waits for: attune rules accept"
            out.print(f"{refined.version.reason} ({state}: {refined.version.id})", markup=False)
        else:
            out.print("Nothing has earned a change yet.")
        rows = [
            (describe(s.candidate.edit), f"{s.log_wealth:.1f}", f"{s.log_threshold:.1f}", str(s.ratings))
            for s in standings[:5]
        ]
        print_table(("nearest", "evidence", "needed", "ratings"), rows, empty="No candidates yet.")
        return err.print(
            f"{refined.scored} scores, {refined.tokens:,} tokens, {refined.duration_ms / 1000:.1f} s"
            + (f"; {refined.waiting or 'some checks'} wait for the next run" if refined.spent else ""),
            style="dim",
        )
