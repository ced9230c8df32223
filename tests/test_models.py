"""Finding GGUF files on this disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import ModelFileMissing, NotAGguf
from assistant.models import MIN_BYTES, builtin_model_path, check_gguf, find_gguf_files


def put(path: Path, head: bytes = b"GGUF", size: int = MIN_BYTES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * size)
    return path


def test_models_of_other_programs_are_found_once_and_the_largest_first(tmp_path: Path) -> None:
    small = put(tmp_path / "a" / "small.gguf")
    large = put(tmp_path / "b" / "deep" / "large.gguf", size=2 * MIN_BYTES)
    (tmp_path / "a" / "again.gguf").symlink_to(small)
    found = find_gguf_files([tmp_path])
    assert [model.size_bytes for model in found] == [large.stat().st_size, small.stat().st_size]
    assert found[0].path == large


def test_an_ollama_blob_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    put(tmp_path / "sha256-aa")
    put(tmp_path / "sha256-bb", head=b"JSON")
    assert [model.path.name for model in find_gguf_files([tmp_path])] == ["sha256-aa"]


def test_what_is_no_chat_model_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "mmproj-model.gguf")
    put(tmp_path / "big-00002-of-00003.gguf")
    put(tmp_path / "tiny.gguf", size=10)
    put(tmp_path / "text.gguf", head=b"text")
    first = put(tmp_path / "big-00001-of-00003.gguf")
    assert [model.path for model in find_gguf_files([tmp_path])] == [first]


def test_a_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert find_gguf_files([tmp_path / "nothing"]) == []


def test_the_builtin_model_ships(tmp_path: Path) -> None:
    check_gguf(builtin_model_path())
    with pytest.raises(ModelFileMissing):
        check_gguf(tmp_path / "nothing.gguf")
    with pytest.raises(NotAGguf):
        check_gguf(put(tmp_path / "x.gguf", head=b"text"))
