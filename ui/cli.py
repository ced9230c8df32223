"""The command line: `attune`, and a noun and a verb for everything else. Imports nothing heavy before it must."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.collections import collection
from ui.commands.data import erase, export_data, import_data
from ui.commands.feedback import feedback, refine, rules
from ui.commands.memory import memory
from ui.commands.personas import persona
from ui.commands.preferences import preferences
from ui.commands.profile import profile
from ui.session import INTERRUPTED, assistant_of, caught, settings_of
from ui.terminal import err, lines_from, out, piped_text, plain, print_json, write

if TYPE_CHECKING:
    from assistant.events import Response

app = typer.Typer(
    name="attune",
    help="A private chat assistant on your own machine. Without a command it opens the page.",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(memory, name="memory")
app.add_typer(collection, name="collection")
app.add_typer(profile, name="profile")
app.add_typer(persona, name="persona")
app.add_typer(feedback, name="feedback")
app.add_typer(rules, name="rules")
app.add_typer(preferences, name="preferences")
app.command("refine")(refine)
app.command("export")(export_data)
app.command("import")(import_data)
app.command("erase")(erase)

Home = Annotated[Path | None, typer.Option(help="The folder that holds everything Attune knows.")]
Model = Annotated[str | None, typer.Option(help="A GGUF file, or openai:<name> with ATTUNE_BASE_URL.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    home: Home = None,
    model: Model = None,
    host: Annotated[str | None, typer.Option(help="Where the page listens.")] = None,
    port: Annotated[int | None, typer.Option(help="The page's port.")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show a made-up user's two weeks; nothing of it is kept.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    context.obj = {"home": home, "model": model, "host": host, "port": port}
    if version:
        from importlib.metadata import version as installed

        write(installed("attune") + "\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _serve(context, open_browser=open_browser, demo=demo)


@app.command()
def serve(
    context: typer.Context,
    home: Home = None,
    model: Model = None,
    host: Annotated[str | None, typer.Option(help="Where the page listens.")] = None,
    port: Annotated[int | None, typer.Option(help="The page's port.")] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show a made-up user's two weeks; nothing of it is kept.")
    ] = False,
) -> None:
    """Open the page, at 127.0.0.1:7860 unless told otherwise."""
    _serve(context, open_browser=open_browser, demo=demo, home=home, model=model, host=host, port=port)


def _serve(context: typer.Context, *, open_browser: bool, demo: bool, **more: Any) -> None:
    with caught(context):
        from ui.app import serve as serve_page

        # Being told to end must end in order too: a demo's home goes, a reply in the making is kept.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        serve_page(settings_of(context, **more), open_browser=open_browser, demo=demo)


@app.command()
def chat(
    context: typer.Context,
    text: Annotated[
        str | None, typer.Argument(help="What to say. Without it: what is piped in, or a conversation.")
    ] = None,
    conversation: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    persona_id: Annotated[str | None, typer.Option("--persona", help="Who speaks.")] = None,
    into: Annotated[
        str, typer.Option("--collection", help="Begin the conversation in this collection; made when it is new.")
    ] = "",
    incognito: Annotated[
        bool, typer.Option("--incognito", help="Store nothing, remember nothing, use no memory.")
    ] = False,
    model: Model = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say one thing, or have a conversation."""
    with assistant_of(context, model=model, home=home) as assistant:
        if incognito:
            conversation = assistant.incognito.start()
        if text is None and not sys.stdin.isatty():
            text = piped_text()
        if text is not None:
            response = _say(assistant, text, conversation, persona_id, into=into, as_json=as_json)
            if err.is_terminal and not as_json and not incognito:
                err.print(f"Rate it: attune feedback rate {response.message_id} up", style="dim", markup=False)
            return
        speaker = assistant.persona(persona_id or assistant.settings.persona)
        err.print(f"[bold]{speaker.name}[/bold] {speaker.greeting}  [dim](Ctrl-D ends)[/dim]")
        for line in lines_from(sys.stdin):
            if line.strip():
                err.print(f"[bold]{speaker.name}[/bold] ", end="")
                said = _say(assistant, line, conversation, persona_id, into=into, as_json=as_json)
                conversation = said.conversation_id


def _say(
    assistant: Any, text: str, conversation: str | None, persona_id: str | None, *, into: str, as_json: bool
) -> Response:
    """Print a reply as it comes, or as one JSON object. Ctrl-C stops the reply and keeps what was written."""
    from assistant.events import Response

    collection = assistant.memory.collections.create(into) if into and text.strip() else None
    if conversation is None:
        speaker = assistant.persona(persona_id or assistant.settings.persona)
        # The conversation exists before the reply, so that Ctrl-C can name what to stop; an empty text makes none.
        if text.strip():
            conversation = assistant.memory.start_conversation(persona=speaker.id).id
    if collection is not None and conversation is not None and assistant.memory.find_conversation(conversation):
        assistant.memory.collections.put(conversation, collection.id)
    events = assistant.respond(text, conversation, persona_id)
    response: Response | None = None
    try:
        for event in events:
            if isinstance(event, Response):
                response = event
            elif event.kind == "answer" and not as_json:
                write(event.text)
    except KeyboardInterrupt:
        assistant.stop(conversation)
        assistant.wait_until_idle(timeout_s=5)
        raise
    assert response is not None
    if not as_json:
        write("\n")
        return response
    print_json(
        {
            "response": response.text,
            "conversation_id": response.conversation_id,
            "message_id": response.message_id,
            "memories_used": [plain(use) for use in response.memories_used],
            "model": response.model,
            "tokens": plain(response.tokens),
            "timings_ms": {k: v for k, v in plain(response.timings_ms).items() if k != "steering" or v},
        }
    )
    return response


@app.command()
def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Look whether everything is in order, and say what to do where it is not."""
    with caught(context):
        from ui.doctor import examine

        checks = examine(settings_of(context))
        if as_json:
            print_json(checks)
        for check in () if as_json else checks:
            mark = "[green]ok[/green]  " if check.ok else "[red]bad[/red] "
            out.print(f"{mark} {check.name}: ", end="")
            out.print(check.finding, markup=False)
        if not all(check.ok for check in checks):
            raise typer.Exit(1)


def main() -> None:
    """The `attune` command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
