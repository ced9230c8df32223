"""Training exports: the columns that TRL reads, and nothing that they must not carry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant, Settings, open_assistant
from assistant.errors import ExportFailed
from assistant.preferences import REDACTED, Row, redactor, write
from memory import MemoryManager, Rule
from tests.fakes import ScriptedChatModel


@pytest.fixture
def assistant(settings: Settings, memory: MemoryManager) -> Iterator[Assistant]:
    """Three rated answers: one liked, one edited after a chat, one wrong; and a pair."""
    memory.add_prompt_version(
        parent_id=None, rules=[Rule(id="r", text="Keep answers short.")], state="accepted", reason=""
    )
    memory.add(content="The user's name is Zorvik.", attribute="name", value="Zorvik")
    version = memory.current_prompt()
    assert version is not None

    def said(conversation_id: str, role: str, text: str, parent_id: str | None = None) -> str:
        more = {"parent_id": parent_id} if parent_id else {}
        message = memory.add_message(
            conversation_id,
            role=role,
            content=text,
            persona="nova",
            model="mini",
            prompt_version_id=version.id,
            **more,  # type: ignore[arg-type]
        )
        return message.id

    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as opened:
        first = memory.start_conversation().id
        said(first, "user", "What is a fjord?")
        liked = said(first, "assistant", "A narrow inlet.")
        opened.rate(liked, 1)
        question = said(first, "user", "Call me Zorvik on +1 650 253 0000. Who dug it?")
        edited = said(first, "assistant", "It was dug by ice, Zorvik, a very long time ago indeed.")
        opened.rate(edited, -1, ["too long"], "shorter please", "Ice.")
        again = said(first, "assistant", "Glaciers.", parent_id=question)
        opened.prefer(again, edited)
        second = memory.start_conversation().id
        said(second, "user", "Where do I live?")
        wrong = said(second, "assistant", "In Oslo.")
        opened.rate(wrong, -1, ["wrong"])
        yield opened


def of(rows: list[Row], file: str) -> list[dict[str, object]]:
    return [row.row for row in rows if row.file == file]


def test_thumbs_edits_and_pairs_become_rows_and_wrong_facts_do_not(assistant: Assistant) -> None:
    rows = assistant.preference_rows()
    kto, dpo, sft = (of(rows, name) for name in ("kto", "dpo", "sft"))
    assert [(row["completion"][0]["content"], row["label"]) for row in kto] == [  # type: ignore[index]
        ("A narrow inlet.", True),
        ("It was dug by ice, Zorvik, a very long time ago indeed.", False),
    ]
    assert [(row["chosen"][0]["content"], row["rejected"][0]["content"]) for row in dpo] == [  # type: ignore[index]
        ("Ice.", "It was dug by ice, Zorvik, a very long time ago indeed."),
        ("Glaciers.", "It was dug by ice, Zorvik, a very long time ago indeed."),
    ]
    assert [row["completion"] for row in sft] == [[{"role": "assistant", "content": "Ice."}]]
    assert [m["role"] for m in kto[1]["prompt"]] == ["system", "user", "assistant", "user"]  # type: ignore[attr-defined, index]
    assert "Oslo" not in json.dumps([row.row for row in rows])


def test_the_system_prompt_is_kept_or_dropped(assistant: Assistant) -> None:
    kept = of(assistant.preference_rows(system=True), "kto")[0]["prompt"]
    assert "Keep answers short." in kept[0]["content"]  # type: ignore[index]
    dropped = of(assistant.preference_rows(system=False), "kto")[0]["prompt"]
    assert [m["role"] for m in dropped] == ["user"]  # type: ignore[attr-defined]


def test_what_names_people_is_struck_out(assistant: Assistant, memory: MemoryManager) -> None:
    text = json.dumps([(row.row, row.meta) for row in assistant.preference_rows(redact=True)])
    assert "Zorvik" not in text and "253 0000" not in text
    assert REDACTED in text
    redact = redactor(memory.memories())
    assert redact("Mail ann@example.org, see https://example.org/x or call 4111 1111 1111 1111.").count(REDACTED) == 3
    assert redact("It was founded in 1987 by 12 people.") == "It was founded in 1987 by 12 people."


def test_every_line_can_be_read_and_says_where_it_comes_from(assistant: Assistant, tmp_path: Path) -> None:
    counts = write(assistant.preference_rows(), tmp_path / "out")
    assert counts == {"kto.jsonl": 2, "dpo.jsonl": 2, "sft.jsonl": 1, "meta.jsonl": 5}
    lines = {name: [json.loads(x) for x in (tmp_path / "out" / name).read_text().splitlines()] for name in counts}
    for meta in lines["meta.jsonl"]:
        assert lines[meta["file"]][meta["line"] - 1]
        assert meta["message_id"] and meta["model"] == "mini" and meta["prompt_version_id"]
    assert "null" not in (tmp_path / "out" / "kto.jsonl").read_text()
    assert write(assistant.preference_rows(), tmp_path / "one", "sft") == {"sft.jsonl": 1, "meta.jsonl": 1}


def test_a_folder_that_cannot_be_written_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportFailed, match="Choose another folder"):
        write([], tmp_path / "file")


def test_trl_reads_the_files_as_they_are(assistant: Assistant, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl.data_utils")
    write(assistant.preference_rows(), tmp_path)
    columns = {
        "kto": ["prompt", "completion", "label"],
        "dpo": ["prompt", "chosen", "rejected"],
        "sft": ["prompt", "completion"],
    }
    for name, wanted in columns.items():
        loaded = datasets.load_dataset(
            "json", data_files=str(tmp_path / f"{name}.jsonl"), split="train", cache_dir=str(tmp_path)
        )
        assert loaded.column_names == wanted
        assert trl.is_conversational(loaded[0])
        for row in loaded:
            assert all(m["role"] and m["content"] for key in wanted if key != "label" for m in row[key])
    pairs = datasets.load_dataset(
        "json", data_files=str(tmp_path / "dpo.jsonl"), split="train", cache_dir=str(tmp_path)
    )
    assert trl.maybe_unpair_preference_dataset(pairs).column_names == ["prompt", "completion", "label"]
