import io
import re
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.assistant import open_assistant
from assistant.errors import SettingsError
from assistant.settings import Settings
from memory import open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel
from ui.app import build_app, serve
from ui.drawing import ChatView


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("home")
    memory = open_memory(home, embeddings=HashEmbeddings())
    with open_assistant(Settings(home=home), chat_model=ScriptedChatModel(), memory=memory) as assistant:
        yield TestClient(build_app(assistant), base_url="http://127.0.0.1:7860")


def test_the_page_names_nothing_that_a_browser_would_fetch_from_elsewhere(client: TestClient) -> None:
    page = client.get("/").text
    # Previews for social networks (og:, twitter:) are read by other sites' robots, never by a browser.
    page = re.sub(r"<meta\s[^>]*(?:og:|twitter:)[^>]*>", "", page)
    fetched = re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](https?:)?//[^"']+""", page)
    assert fetched == []
    assert "fonts.googleapis" not in page + client.get("/theme.css").text


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/attune/export.zip", "/health", "/theme.css"])
def test_every_route_refuses_a_foreign_host_and_a_foreign_origin(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"host": "evil.example"}).status_code == 403
    assert client.get(path, headers={"origin": "http://evil.example"}).status_code == 403


def test_the_queue_refuses_a_foreign_origin(client: TestClient) -> None:
    sent = {"data": [""], "fn_index": 0, "session_hash": "x"}
    refused = client.post("/gradio_api/queue/join", json=sent, headers={"origin": "http://evil.example"})
    assert refused.status_code == 403


def test_the_export_is_a_whole_zip(client: TestClient) -> None:
    answer = client.get("/attune/export.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert "manifest.json" in archive.namelist()


def test_the_search_of_memories_is_a_text_before_its_tab_was_ever_opened(client: TestClient) -> None:
    """Forgetting redraws the list, and Gradio hands on what the configuration says of a box that was never drawn."""
    config = client.get("/config").json()
    search = [c["props"] for c in config["components"] if c["props"].get("elem_id") == "memory-search"]
    assert [box["value"] for box in search] == [""]


def test_the_chat_page_has_an_output_for_each_part_of_a_view(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    widest = max(len(dependency["outputs"]) for dependency in config["dependencies"])
    assert widest == len(ChatView._fields) + 2  # erasing answers with two of its own


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="--port"):
            serve(Settings(home=tmp_path, port=taken.getsockname()[1]), open_browser=False)


def test_a_page_for_the_network_is_not_opened_without_a_password(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ATTUNE_PASSWORD"):
        serve(Settings(home=tmp_path, host="0.0.0.0", port=0), open_browser=False)
