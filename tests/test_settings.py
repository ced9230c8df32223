"""Settings: command line over environment over file over default, and telemetry off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import SETTINGS_FILE, TELEMETRY_OFF, Settings, load_settings, save_setting, telemetry_off


def test_the_command_line_beats_the_environment_beats_the_file_beats_the_default(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home.mkdir()
    assert load_settings().port == 7860
    (own_home / SETTINGS_FILE).write_text("port = 1\n")
    assert load_settings().port == 1
    monkeypatch.setenv("ATTUNE_PORT", "2")
    assert load_settings().port == 2
    assert load_settings(port=3, model=None).port == 3


def test_the_file_is_read_from_the_home_that_the_command_line_names(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text('persona = "sage"\n')
    assert load_settings(home=tmp_path).persona == "sage"
    assert load_settings().persona == "nova"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("colour = 1\n", "colour"),
        ("port = -1\n", "port"),
        ('personalization = "much"\n', "personalization"),
        ("port = =\n", "TOML"),
    ],
)
def test_a_setting_that_cannot_be_is_named(own_home: Path, text: str, word: str) -> None:
    own_home.mkdir()
    (own_home / SETTINGS_FILE).write_text(text)
    with pytest.raises(SettingsError, match=word):
        load_settings()


def test_saving_one_setting_keeps_the_rest_of_the_file(own_home: Path) -> None:
    own_home.mkdir()
    (own_home / SETTINGS_FILE).write_text("# mine\nport = 5\n")
    save_setting(own_home, "model", "/models/big.gguf")
    assert (own_home / SETTINGS_FILE).read_text() == '# mine\nport = 5\nmodel = "/models/big.gguf"\n'
    assert load_settings().model == "/models/big.gguf"
    with pytest.raises(SettingsError, match="colour"):
        save_setting(own_home, "colour", "red")


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_telemetry_is_off_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TELEMETRY_OFF:
        monkeypatch.delenv(name, raising=False)
    telemetry_off()
    assert {name: os.environ[name] for name in TELEMETRY_OFF} == TELEMETRY_OFF
    assert {"ANONYMIZED_TELEMETRY", "GRADIO_ANALYTICS_ENABLED", "LANGSMITH_TRACING", "HF_HUB_OFFLINE"} <= set(
        TELEMETRY_OFF
    )
