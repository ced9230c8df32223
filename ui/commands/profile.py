"""`attune profile`: the page about the user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import typer

from ui.session import caught, memory_of, settings_of
from ui.terminal import day, err, print_json, print_table, text_of, write

profile = typer.Typer(help="The page about you.", no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Version = Annotated[str, typer.Argument(help="As `attune profile versions` shows it.")]


@profile.command()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the page."""
    with memory_of(context) as store:
        from assistant.profile import current_profile, profile_text

        page = current_profile(store)
        if as_json:
            print_json(page)
        elif page.lines:
            write(profile_text(page.lines) + "\n")
        else:
            err.print('The page is empty. Try: attune chat "My name is …"', style="dim")


@profile.command()
def edit(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option(help="Take the page from this file (- for standard input).")] = None,
    as_json: AsJson = False,
) -> None:
    """Change the page in your editor. Your words win over what Attune writes."""
    with caught(context):
        from assistant.assistant import open_assistant

        # The page needs memory alone; the chat model is not loaded.
        with open_assistant(settings_of(context)) as assistant:
            before = assistant.profile_text()
            if file is None:
                text = click.edit(before + "\n", extension=".md")
            else:
                text = text_of(file)
            if text is None or text.strip() == before.strip():
                err.print("Nothing was changed.", style="dim")
            else:
                assistant.edit_profile(text)
            if as_json:
                print_json(assistant.profile())


@profile.command()
def versions(context: typer.Context, as_json: AsJson = False) -> None:
    """How the page was before, newest first."""
    with memory_of(context) as store:
        found = store.profile_versions()
        if as_json:
            return print_json(found)
        rows = [(v.id, day(v.created_at), "you" if v.author == "user" else "facts", str(len(v.lines))) for v in found]
        return print_table(("id", "when", "by", "lines"), rows, empty="There is one page so far.")


@profile.command()
def diff(context: typer.Context, identifier: Version, as_json: AsJson = False) -> None:
    """What has come to the page (+) and gone from it (-) since a version."""
    with memory_of(context) as store:
        from assistant.profile import current_profile
        from assistant.profile import diff as changes_between

        changes = changes_between(store.get_profile_version(identifier).lines, current_profile(store).lines)
        if as_json:
            print_json([{"change": sign, "section": line.section, "text": line.text} for sign, line in changes])
        else:
            write("".join(f"{sign} {line.text}\n" for sign, line in changes))


@profile.command()
def restore(context: typer.Context, identifier: Version, as_json: AsJson = False) -> None:
    """Make the page read as it did in a version; what was learnt since stays on it."""
    with caught(context):
        from assistant.assistant import open_assistant

        with open_assistant(settings_of(context)) as assistant:
            page = assistant.restore_profile(identifier)
            if as_json:
                print_json(page)
