"""What can be set, in one record. Command line over environment (`ATTUNE_…`) over `<home>/attune.toml` over default.

Also the one place where the telemetry of every dependency is switched off.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import tomlkit
from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.errors import SettingsError

SETTINGS_FILE = "attune.toml"
MIN_REFINE_TOKENS = 1000
TELEMETRY_OFF = {
    "ANONYMIZED_TELEMETRY": "False",  # chromadb
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "OTEL_SDK_DISABLED": "true",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
}


def telemetry_off() -> None:
    """Keep every dependency from reporting or looking anything up. Call before any of them is imported."""
    os.environ.update(TELEMETRY_OFF)


def default_home() -> Path:
    return user_data_path("attune", appauthor=False)


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="ATTUNE_", extra="forbid", validate_assignment=True)

    home: Path = Field(default_factory=default_home, description="The folder that holds everything Attune knows.")
    model: str = Field(default="", description="A GGUF file, `openai:<name>`, or empty for the built-in model.")
    base_url: str = Field(
        default="", description="The address of an OpenAI-compatible server, with `model = openai:…`."
    )
    api_key: str = Field(default="", description="The key for that server, if it wants one.")
    n_ctx: int | None = Field(
        default=None, ge=256, description="Context in tokens; empty: the model's own, capped by memory."
    )
    n_gpu_layers: int | None = Field(
        default=None, ge=-1, description="Layers on the GPU; empty: all if the build can, else 0."
    )
    max_tokens: int = Field(default=512, ge=16, description="The longest reply, in tokens.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Empty: 0 for the built-in model, 0.7 for others."
    )
    top_p: float = Field(default=0.95, gt=0, le=1, description="Nucleus sampling.")
    seed: int | None = Field(default=None, ge=0, description="Makes sampled replies repeatable.")
    reranker: str = Field(default="", description="The folder of a cross-encoder that reads the best hits again.")
    persona: str = Field(default="nova", description="Who speaks in a new conversation.")
    personalization: Literal["off", "light", "full"] = Field(
        default="full", description="How much of you goes into a prompt."
    )
    steering: float = Field(
        default=0.0,
        ge=-1,
        le=3,
        description="How much more than once that counts, token by token; a reply takes about twice as long. 0: off.",
    )
    expertise: Literal["", "beginner", "expert"] = Field(
        default="", description="To begin with, until you teach otherwise: how much you know."
    )
    detail: Literal["", "short", "long"] = Field(default="", description="The same: how long answers should be.")
    manner: Literal["", "friendly", "formal"] = Field(default="", description="The same: the tone.")
    guess: bool = Field(default=True, description="Offer under Learning what how you write suggests for these three.")
    refine: Literal["on", "ask", "off"] = Field(
        default="on", description="Learn from thumbs: by itself, asking before each change, or not at all."
    )
    trials: bool = Field(
        default=True, description="After a thumb down, try another manner on some answers, and say so beside them."
    )
    compare: bool = Field(
        default=False,
        description="Where an answer tries a manner, write one that does not side by side with it, and ask which is better.",
    )
    refine_tokens: int = Field(
        default=200_000, ge=MIN_REFINE_TOKENS, description="The most tokens that one run of learning reads."
    )
    host: str = Field(default="127.0.0.1", description="Where the page listens.")
    port: int = Field(default=7860, ge=0, le=65535, description="The page's port; 0 picks a free one.")
    username: str = Field(default="", description="With `password`: who may open the page from another machine.")
    password: str = Field(default="", description="See `username`.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="Logs hold no message text."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # The file lies in the home folder, so the home must be known before the file is read.
        home = init_settings().get("home") or env_settings().get("home") or default_home()
        toml = TomlConfigSettingsSource(settings_cls, toml_file=Path(home).expanduser() / SETTINGS_FILE)
        return init_settings, env_settings, toml

    @property
    def is_remote(self) -> bool:
        return self.model.startswith("openai:")


def load_settings(**from_command_line: Any) -> Settings:
    """Settings with the values of the command line on top; those that are None were not given.

    Raises:
        SettingsError: a value or a key that cannot be, with its name and where it may come from.
    """
    given = {key: value for key, value in from_command_line.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsError(
            f"The setting “{name}” cannot be used: {first['msg']}. Look at the command line, at "
            f"ATTUNE_{name.upper()} in the environment, and at {SETTINGS_FILE} in the home folder."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{SETTINGS_FILE} in the home folder is not valid TOML ({error}). Mend or delete it."
        ) from error
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def save_setting(home: Path, key: str, value: str | int | float | bool) -> None:
    """Write one setting to `<home>/attune.toml`, leaving the rest of the file as it is.

    Raises:
        SettingsError: there is no such setting, or the file cannot be written.
    """
    if key not in Settings.model_fields:
        raise SettingsError(f"There is no setting “{key}”. There are: {', '.join(Settings.model_fields)}.")
    path = home / SETTINGS_FILE
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        document[key] = value
        draft = path.with_suffix(".toml.new")
        draft.write_text(tomlkit.dumps(document), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}). Set ATTUNE_{key.upper()} instead."
        ) from error
