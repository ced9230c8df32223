"""What is loaded when: a command that only prints must not wait for an engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "gradio", "chromadb", "llama_cpp", "sentence_transformers", "transformers", "langchain")


def modules_after(statement: str) -> set[str]:
    """The top-level modules of a fresh interpreter after a statement."""
    code = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('MODULES', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    listed = done.stdout.rpartition("MODULES ")[2]
    return {name.partition(".")[0] for name in listed.split()}


@pytest.mark.parametrize(
    "statement",
    [
        "sys.argv = ['attune', '--help']; from ui.cli import main; main()",
        "sys.argv = ['attune', 'memory', 'forget', '--help']; from ui.cli import main; main()",
        "import memory, personas, assistant; assistant.Settings, memory.open_memory",
    ],
    ids=["attune --help", "attune memory forget --help", "import memory, personas, assistant"],
)
def test_no_engine_is_loaded_to_print_help_or_to_be_imported(statement: str) -> None:
    loaded = modules_after(statement)
    assert "typer" in loaded or "memory" in loaded
    assert not loaded & set(HEAVY)


def test_listing_memories_loads_no_model_and_no_page(tmp_path: object) -> None:
    statement = "sys.argv = ['attune', 'memory', 'list']; from ui.cli import main; main()"
    assert not modules_after(statement) & {"torch", "gradio", "llama_cpp", "sentence_transformers"}
