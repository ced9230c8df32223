"""Training exports: the columns that TRL reads, and nothing that they must not carry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, Settings, open_assistant
from assistant.errors import ExportFailed
from assistant.preferences import Row, write
from assistant.redaction import REDACTED
from memory import MemoryManager, MessageUse, Rule
from memory.forgetting import MARK
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


def test_what_names_people_is_struck_out(assistant: Assistant) -> None:
    text = json.dumps([(row.row, row.meta) for row in assistant.preference_rows(redact=True)])
    assert "Zorvik" not in text and "253 0000" not in text
    assert REDACTED in text


def test_what_waits_for_the_users_word_is_struck_out_too(assistant: Assistant) -> None:
    *_, last = assistant.respond("My mother is called Yrsa and she has diabetes.")
    assert assistant.wait_until_idle(30) and assistant.memory.held_facts()
    assistant.rate(last.message_id, 1)
    assert "Yrsa" not in json.dumps([row.row for row in assistant.preference_rows(redact=True)])


def test_what_was_tried_in_an_answer_is_told_beside_its_row(assistant: Assistant) -> None:
    *_, last = assistant.respond("And a lake?")
    assistant.memory.record_uses(last.message_id, [MessageUse(item_type="trial", item_id="c", text="Use emoji.")])
    assistant.rate(last.message_id, 1)
    tried = {row.meta["message_id"]: row.meta["tried"] for row in assistant.preference_rows()}
    assert tried.pop(last.message_id) == ["Use emoji."] and set(map(tuple, tried.values())) == {()}


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


def test_a_prompt_is_as_it_was_read_without_what_was_forgotten_since(settings: Settings, memory: MemoryManager) -> None:
    with open_assistant(settings, chat_model=ScriptedChatModel(), memory=memory) as assistant:
        asked = Asked(memory)
        asked.turn("My dog is called Pemba.", "Noted.")
        asked.turn("Is anybody there?", "")
        block = f"Today is 3 May 2026.\nMemories:\n- The user's dog is called Pemba.\n- The user lives in {MARK}."
        assistant.rate(asked.turn("What is my dog called?", "Your dog is Pemba.", block), 1)
        assistant.rate(asked.turn(f"So {MARK} it is. And my cat?", "I do not know."), 1)
        assistant.rate(asked.turn("And my horse?", f"{MARK} is your horse."), 1)
        read = "Today is 3 May 2026.\nMemories:\n- The user's dog is called Pemba.\n\nWhat is my dog called?"
        assert asked.prompts(assistant) == [
            [
                ("user", "My dog is called Pemba."),
                ("assistant", "Noted."),
                ("user", read),
            ],
            [
                ("user", "My dog is called Pemba."),
                ("assistant", "Noted."),
                ("user", read),
                ("assistant", "Your dog is Pemba."),
                ("user", "And my cat?"),
            ],
        ]
        memory.add(content="The user's dog is called Pemba.", attribute="pet:dog", value="Pemba")
        assert "Pemba" not in str(asked.prompts(assistant, redact=True))
        dropped = asked.prompts(assistant, system=False)
        assert dropped[0][-1] == ("user", "Today is 3 May 2026.\n\nWhat is my dog called?")
        assert "Memories:" not in str(dropped)


class Asked:
    """One conversation, a turn at a time."""

    def __init__(self, memory: MemoryManager) -> None:
        self._memory = memory
        self._id = memory.start_conversation().id

    def turn(self, question: str, answer: str, block: str = "") -> str:
        """Returns the answer's identifier."""
        self._memory.add_message(self._id, role="user", content=question, block=block)
        return self._memory.add_message(self._id, role="assistant", content=answer, persona="nova").id

    @staticmethod
    def prompts(assistant: Assistant, **options: bool) -> list[list[tuple[str, str]]]:
        """Of the thumbs, without their system prompts."""
        rows = of(assistant.preference_rows(**options), "kto")
        return [[(m["role"], m["content"]) for m in row["prompt"] if m["role"] != "system"] for row in rows]  # type: ignore[attr-defined]


TAKES_TURNS = """
{%- set turns = messages[1:] if messages[0].role == 'system' else messages -%}
{%- for message in turns -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception('Roles must alternate.') }}{%- endif -%}
{%- endfor -%}
{%- for message in messages -%}<{{ message.role }}>{{ message.content }}</{{ message.role }}>{%- endfor -%}
{%- if add_generation_prompt -%}<assistant>{%- endif -%}
"""


def strict_tokenizer() -> Any:
    """Renders messages, and refuses two turns of one role in a row, as the templates of Gemma and Mistral do."""
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    empty = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=empty, chat_template=TAKES_TURNS)


@pytest.mark.parametrize("redact", [False, True])
@pytest.mark.parametrize("system", [True, False])
def test_trl_reads_the_files_and_a_strict_template_renders_them(
    assistant: Assistant, memory: MemoryManager, tmp_path: Path, system: bool, redact: bool
) -> None:
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl.data_utils")
    tokenizer = strict_tokenizer()
    asked = Asked(memory)
    asked.turn("Is anybody there?", "")
    asked.turn("Hello?", "Hello.")
    assistant.rate(asked.turn("What is my name?", "Zorvik.", "Memories:\n- The user's name is Zorvik."), -1, edit="Z.")
    write(assistant.preference_rows(system=system, redact=redact), tmp_path)
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
            rendered = trl.apply_chat_template(row, tokenizer)
            assert list(rendered) == wanted
            assert rendered["prompt"].endswith("</user><assistant>")
            assert ("<system>" in rendered["prompt"]) == system
            assert all(rendered[key].endswith("</assistant>") for key in wanted[1:] if key != "label")
        text = str(loaded.to_list())
        assert ("Memories:" in text) == system
        assert ("Zorvik" in text) == (not redact)
        assert (REDACTED in text) == redact
        if name == "dpo":
            assert trl.maybe_unpair_preference_dataset(loaded).column_names == ["prompt", "completion", "label"]
