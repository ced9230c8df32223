"""A chat model on a server, against a real HTTP server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from assistant import Response, open_assistant
from assistant.chat_model import check_model, load_chat_model
from assistant.errors import RemoteUnavailable
from assistant.settings import Settings
from memory import MemoryManager
from tests.test_compare import BULLETS, tried_in_every_answer

WORDS = ["<think>", "Let me see.", "</think>", "Your dog ", "is called ", "Pemba."]


class Server(ThreadingHTTPServer):
    """Speaks as much of OpenAI's protocol as a streaming chat needs; remembers what it was asked."""

    asked: list[tuple[str, str, dict[str, Any]]]
    status = 200
    meet: threading.Barrier | None = None
    """Where requests wait for each other before they are answered."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers.get("Authorization", ""), body))
        if self.server.meet is not None:
            self.server.meet.wait()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if self.server.status != 200:
            self.wfile.write(b'{"error": {"message": "no such model"}}')
            return
        for word in WORDS:
            self._send({"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None})
        self._send({"index": 0, "delta": {}, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, choice: dict[str, Any]) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(("127.0.0.1", 0), Handler)
    running.asked = []
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def remote(own_home: Path, server: Server) -> Settings:
    return Settings(
        home=own_home, model="openai:big", base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="secret"
    )


def test_a_server_answers_through_the_same_face(remote: Settings, server: Server) -> None:
    model: Any = load_chat_model(remote)
    chunks = list(model.stream([HumanMessage(content="What is my dog called?")], max_tokens=50))
    assert "".join(str(chunk.content) for chunk in chunks) == "Your dog is called Pemba."
    assert "".join(c.additional_kwargs.get("reasoning_content", "") for c in chunks) == "Let me see."
    path, key, body = server.asked[0]
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer secret", "big")
    assert model.can_score is False


def test_a_whole_turn_runs_on_a_server(remote: Settings, memory: MemoryManager, server: Server) -> None:
    with open_assistant(remote, memory=memory) as assistant:
        response = list(assistant.respond("My dog is called Pemba."))[-1]
        assert isinstance(response, Response)
        assert response.text == "Your dog is called Pemba."
        assert response.reasoning == "Let me see."
        assert memory.get_message(response.message_id).content == "Your dog is called Pemba."


def test_two_answers_stream_from_a_server_at_the_same_time(
    remote: Settings, memory: MemoryManager, server: Server
) -> None:
    server.meet = threading.Barrier(2, action=lambda: setattr(server, "meet", None), timeout=20)
    remote.compare = True
    with open_assistant(remote, memory=memory) as assistant:
        tried_in_every_answer(assistant, memory)
        events = list(assistant.respond("What is my dog called?", side_by_side=True))
        answers = [event for event in events if isinstance(event, Response)]
        assert [answer.text for answer in answers] == ["Your dog is called Pemba."] * 2
        assert [answer.reasoning for answer in answers] == ["Let me see."] * 2
        assert sum(BULLETS in str(body["messages"]) for _, _, body in server.asked[:2]) == 1


def test_cancelling_ends_the_stream(remote: Settings) -> None:
    cancel = threading.Event()
    cancel.set()
    model: Any = load_chat_model(remote)
    chunks = list(model.stream([HumanMessage(content="Hello")], cancel=cancel))
    assert "Pemba" not in "".join(str(chunk.content) for chunk in chunks)


def test_a_server_that_refuses_or_is_not_there_names_the_remedy(remote: Settings, server: Server) -> None:
    server.status = 404
    model: Any = load_chat_model(remote)
    with pytest.raises(RemoteUnavailable, match="Is it running"):
        model.invoke([HumanMessage(content="Hello")])
    nowhere = remote.model_copy(update={"base_url": "http://127.0.0.1:9/v1"})
    with pytest.raises(RemoteUnavailable, match=r"127\.0\.0\.1:9"):
        load_chat_model(nowhere).invoke([HumanMessage(content="Hello")])


def test_a_remote_model_without_an_address_is_told_at_once(own_home: Path) -> None:
    with pytest.raises(RemoteUnavailable, match="ATTUNE_BASE_URL"):
        check_model(Settings(home=own_home, model="openai:big"))
