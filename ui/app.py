"""The page: assembles the tabs and serves them to this machine alone."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.assistant import Assistant, open_assistant
from assistant.errors import SettingsError
from assistant.settings import Settings, telemetry_off
from ui.security import OwnPageOnly, check_bind, is_loopback
from ui.terminal import err

log = logging.getLogger(__name__)
MAX_UPLOAD_BYTES = 2 * 2**30
PARALLEL_EVENTS = 16
"""Replies, stops and looks at other tabs must never wait for one another."""


def build_app(assistant: Assistant) -> Any:
    """The page as an ASGI application, with its doors guarded.

    Its `handlers` attribute holds the assistant, which erasing everything replaces.
    """
    telemetry_off()
    import gradio as gr
    from fastapi import FastAPI
    from fastapi.responses import FileResponse
    from starlette.background import BackgroundTask

    from ui import theme
    from ui.handlers import PageHandlers
    from ui.pages.data import EXPORT_PATH

    handlers = PageHandlers(assistant)
    app = FastAPI(title="Attune", docs_url=None, redoc_url=None, openapi_url=None)
    settings = assistant.settings

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get(f"/{EXPORT_PATH}")
    def export() -> FileResponse:
        folder = tempfile.TemporaryDirectory(prefix="attune-export-")
        path = Path(folder.name) / "attune-export.zip"
        handlers.assistant.export_zip(path)
        return FileResponse(path, filename=path.name, background=BackgroundTask(folder.cleanup))

    app.add_middleware(
        OwnPageOnly,
        open_to_network=not is_loopback(settings.host),
        username=settings.username,
        password=settings.password,
    )
    gr.mount_gradio_app(
        app,
        build_blocks(handlers),
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        show_error=True,
        max_file_size=MAX_UPLOAD_BYTES,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=theme.theme(),
        css=theme.css(),
        head=theme.HEAD,
    )
    app.state.handlers = handlers
    return app


def build_blocks(handlers: Any) -> Any:
    """The tabs and what connects them."""
    import gradio as gr

    from ui.pages.chat import build_chat, build_sidebar
    from ui.pages.data import build_data
    from ui.pages.learning import build_learning
    from ui.pages.memory import build_memory
    from ui.pages.parts import build_question
    from ui.pages.profile import build_profile

    with gr.Blocks(title="Attune", analytics_enabled=False, fill_width=True) as page:
        question = build_question()
        new, side = build_sidebar()
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Chat", id="chat", elem_id="tab-chat"):
                chat = build_chat(handlers, page, new, side, question)
            with gr.Tab("Memory", id="memory") as memory_tab:
                build_memory(handlers, memory_tab, question)
            with gr.Tab("Profile", id="profile") as profile_tab:
                build_profile(handlers, profile_tab, question)
            with gr.Tab("Learning", id="learning") as learning_tab:
                build_learning(handlers, page, learning_tab, question)
            with gr.Tab("Your data", id="data") as data_tab:
                build_data(handlers, data_tab, chat.view)
        for component in (new, side):
            component.click(lambda: gr.update(selected="chat"), None, tabs, show_progress="hidden")
        _connect_forgetting(handlers, question, chat)
    page.queue(default_concurrency_limit=PARALLEL_EVENTS)
    return page


def _connect_forgetting(handlers: Any, question: Any, chat: Any) -> None:
    """After a yes nothing that the page shows, or that was typed into it, names what is gone."""
    quiet: dict[str, Any] = {"show_progress": "hidden"}
    asked = [question.forgotten, question.pending, question.words]
    gone = (
        question.yes.click(handlers.words_of, question.pending, question.forgotten, **quiet)
        .then(handlers.yes, [question.pending, chat.current], [question.panel, *chat.view], **quiet)
        .then(handlers.clear_drafts, [question.forgotten, *question.drafts], [*asked, *question.drafts], **quiet)
    )
    for show, inputs, outputs in question.views:
        gone.then(show, inputs, outputs, **quiet)


def serve(settings: Settings, *, open_browser: bool, demo: bool = False) -> None:
    """Open the page and stay until Ctrl-C.

    Raises:
        SettingsError: the address is taken, or open to others without a password.
        AttuneError, MemoryStoreError: what `open_assistant` raises.
    """
    import uvicorn

    telemetry_off()
    check_bind(settings)
    with _home(settings, demo=demo) as home, tempfile.TemporaryDirectory(prefix="attune-page-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        listening = _listen(settings)
        port = int(listening.getsockname()[1])
        settings = settings.model_copy(update={"home": home, "port": port})
        assistant = open_assistant(settings)
        try:
            if demo:
                from assistant.demo import fill_demo

                fill_demo(assistant)
            app = build_app(assistant)
            assistant.warm_up()
            address = (
                f"http://{'localhost' if settings.host in ('0.0.0.0', '::') else _bracketed(settings.host)}:{port}"
            )
            err.print(f"Attune is at {address}  (Ctrl-C ends)", markup=False)
            if open_browser:
                threading.Timer(0.5, webbrowser.open, [address]).start()
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
            server.run(sockets=[listening])
        finally:
            holder = app.state.handlers.assistant if "app" in locals() else assistant
            holder.close()
            listening.close()


@contextmanager
def _home(settings: Settings, *, demo: bool) -> Iterator[Path]:
    """The user's home folder; for a demo one that is gone afterwards."""
    if not demo:
        yield settings.home
        return
    with tempfile.TemporaryDirectory(prefix="attune-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything slow is loaded."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        raise SettingsError(
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror or error}). If Attune is already "
            f"open, it is at http://{_bracketed(settings.host)}:{settings.port}; otherwise choose another with --port."
        ) from error
    return listening


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
