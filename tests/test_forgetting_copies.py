"""What is forgotten is in no file of the home or of the temporary folders, and in no copy that the program holds."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from typing import Any

import pytest

from assistant.assistant import open_assistant
from assistant.settings import Settings
from memory import open_memory
from tests.fakes import HashEmbeddings, ScriptedChatModel
from ui.handlers import PageHandlers

WORD = "Zorbellina"


class Forgetful(ScriptedChatModel):
    """Tells when it was asked to drop its prompts."""

    def forget_prompts(self) -> None:
        self._heard.clear()


def files_with(*folders: Path, vector: bytes = b"") -> list[str]:
    """Files that hold the word, or a vector when one is given."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    if vector:
        return [str(path) for path in files if vector in path.read_bytes()]
    return [str(path) for path in files if WORD.lower().encode() in path.read_bytes().lower()]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page and every library put what they need for a while."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_a_forgotten_name_is_in_no_file_of_the_page_either(tmp_path: Path, temporary: Path, monkeypatch: Any) -> None:
    import gradio as gr
    from fastapi.testclient import TestClient

    from ui.app import build_app

    monkeypatch.setattr(gr, "Info", lambda *_, **__: None)
    home = tmp_path / "home"
    model = Forgetful(replies=[f"{WORD} is a fine name."])
    memory = open_memory(home, embeddings=HashEmbeddings())
    with open_assistant(Settings(home=home), memory=memory, chat_model=model) as assistant:
        handlers = PageHandlers(assistant)
        views = list(handlers.submit(f"My dog is called {WORD}.", "", "nova"))
        assert assistant.wait_until_idle(timeout_s=60)
        uploaded = temporary / "upload.zip"
        assistant.export_zip(uploaded)
        handlers.import_file(str(uploaded))
        with TestClient(build_app(assistant), base_url="http://127.0.0.1") as client:
            assert client.get("/attune/export.zip").status_code == 200
        assert list(temporary.rglob("*.zip")) == [], "neither the upload nor the download stays"
        assert files_with(home), "it was there"
        erased = [memory.thread(memory.conversations()[0].id)[0].content, memory.memories()[0].content]
        vectors = [vector.tobytes() for vector in HashEmbeddings().embed_documents(erased)]
        assert all(files_with(home, vector=vector) for vector in vectors), "so were the vectors made of it"
        assert model.heard
        (fact,) = [m for m in memory.memories() if m.value == WORD]
        handlers.yes(f"memory:{fact.id}", "")
        assert assistant.wait_until_idle(timeout_s=60)
        assistant._writing.submit(lambda: None).result(timeout=60)  # the reply thread has done what it was told
        assert model.heard == []
        assert assistant._replies == {}
        assert memory.digests.search(WORD) == []
        del views
        gc.collect()
        assert files_with(home, temporary) == []
        assert [files_with(home, temporary, vector=vector) for vector in vectors] == [[], []]


def test_the_page_keeps_no_draft_in_the_browser() -> None:
    """Nothing of ours writes to the browser's storage: a draft is gone with the page."""
    for path in (Path(__file__).parents[1] / "ui").rglob("*"):
        if path.suffix in (".py", ".css", ".js", ".html"):
            text = path.read_text(encoding="utf-8")
            for store in ("localStorage", "sessionStorage", "indexedDB", "BrowserState", "document.cookie"):
                assert store not in text, f"{path.name} uses {store}"
