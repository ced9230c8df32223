"""The README cannot lie: commands, settings, personas, files and pictures are held against what is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from assistant.settings import Settings
from personas import load_library
from ui.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    """What stands between `<!-- name: … -->` and `<!-- end -->`."""
    match = re.search(rf"<!-- {name}: .*?-->\n(.*?)<!-- end -->", README, re.DOTALL)
    assert match is not None
    return match[1]


def cells(table: str) -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def real_commands() -> dict[str, set[str]]:
    """Every command there is, `memory list`, with its options."""
    root = typer.main.get_command(app)
    found: dict[str, set[str]] = {}

    def walk(command: object, words: tuple[str, ...]) -> None:
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*words, name))
        if words and not hasattr(command, "commands"):
            options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}  # type: ignore[attr-defined]
            found[" ".join(words)] = options

    walk(root, ())
    found[""] = {option for parameter in root.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return found


def told_commands() -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for usage, does in cells(section("commands")):
        options = set(re.findall(r"--[a-z-]+", usage + does))
        for command in re.findall(r"`attune ?([^`]*)`", usage):
            words = [word for word in command.split() if re.fullmatch(r"[a-z][a-z-]+", word) and word != "up"]
            told[" ".join(words)] = options
    return told


def test_every_command_is_in_the_table_and_every_command_in_the_table_exists() -> None:
    assert set(told_commands()) == set(real_commands())


def test_every_option_in_the_table_exists() -> None:
    real = real_commands()
    for command, options in told_commands().items():
        assert options <= real[command], command


def test_every_command_that_prints_takes_json() -> None:
    without = {name for name, options in real_commands().items() if "--json" not in options}
    assert without == {"", "serve"}


def test_every_setting_is_in_the_table_with_its_default_and_its_meaning() -> None:
    rows = cells(section("settings"))
    told = {name.strip("`"): (default.strip("`"), meaning) for name, default, meaning in rows}
    assert list(told) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        default, meaning = told[name]
        assert meaning == field.description
        if name != "home":
            assert default == ("" if field.get_default() is None else str(field.get_default()))


def test_every_shipped_persona_is_in_the_table() -> None:
    told = dict(cells(section("personas")))
    assert told == {persona.name: persona.description for persona in load_library().values()}


def test_every_file_in_the_tree_exists_and_every_module_is_in_the_tree() -> None:
    folder, told = "", set()
    for line in section("tree").strip("`\n").splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name
        else:
            assert folder
        path = folder if not line.startswith(" ") else f"{folder}{name}"
        assert (ROOT / path).exists(), path
        told.add(path)
    for package in ("memory", "assistant", "ui"):
        modules = {f"{package}/{path.name}" for path in (ROOT / package).glob("[!_]*.py")}
        assert modules <= told, modules - told


def test_the_two_commands_stand_near_the_top() -> None:
    top = "\n".join(README.splitlines()[:25])
    assert "python -m pip install . && attune " in top
    assert 'python -m pip install ".[test]" && pytest ' in top


def test_the_settings_named_in_examples_and_the_links_are_real() -> None:
    for name in re.findall(r"ATTUNE_([A-Z_]+)=", README):
        assert name.lower() in Settings.model_fields
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_attune_command_in_a_code_block_can_be_parsed() -> None:
    real = real_commands()
    blocks = re.findall(r"^```\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if re.match(r"(ATTUNE_\S+ )*attune ", line)]
    assert lines
    for line in lines:
        words = [word for word in shlex.split(line, comments=True) if not word.startswith("ATTUNE_")][1:]
        command = " ".join(word for word in words if re.fullmatch(r"[a-z]+", word))
        assert {word for word in words if word.startswith("--")} <= real[command], line


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a checkout is needed to ask what is ignored")
def test_nothing_that_the_readme_names_is_ignored_by_git() -> None:
    named = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if not target.startswith("http")]
    done = subprocess.run(["git", "check-ignore", *named], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
