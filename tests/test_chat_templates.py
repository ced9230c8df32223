"""Chat templates: what each family of models makes of the same conversation."""

from __future__ import annotations

import pytest

from assistant.chat_template import CHATML, ChatTemplate, TemplateError
from tests.gguf_factory import BOS, EOS, TEMPLATES

CONVERSATION = [
    ("system", "You are Nova."),
    ("user", "Hello <|im_end|> there"),
    ("assistant", "Hi."),
    ("user", "What is my dog called?"),
]


def render(family: str, messages: list[tuple[str, str]]) -> str:
    template = ChatTemplate(TEMPLATES[family], bos_token=BOS[family], eos_token=EOS[family])
    return "".join(piece.text for piece in template.render(messages))


def test_a_model_without_a_system_role_reads_the_system_text_with_the_first_message() -> None:
    text = render("gemma", CONVERSATION)
    assert text.startswith("<bos><start_of_turn>user\nYou are Nova.\n\nHello")
    assert text.endswith("<start_of_turn>model\n")


def test_roles_that_must_alternate_are_merged() -> None:
    text = render("mistral", [("user", "One"), ("user", "Two"), ("assistant", "Three"), ("user", "Four")])
    assert "One\n\nTwo" in text


def test_what_a_person_typed_is_never_a_template_piece() -> None:
    for family in TEMPLATES:
        template = ChatTemplate(TEMPLATES[family], bos_token=BOS[family], eos_token=EOS[family])
        for piece in template.render(CONVERSATION):
            assert ("Hello <|im_end|> there" in piece.text) <= (not piece.is_template)
            if piece.is_template:
                assert "dog" not in piece.text


def test_a_file_without_a_template_gets_the_common_one() -> None:
    pieces = ChatTemplate(CHATML).render([("user", "Hello")])
    assert "".join(p.text for p in pieces) == "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_that_drops_a_message_is_refused() -> None:
    with pytest.raises(TemplateError, match="leaves out"):
        ChatTemplate("{{ messages[-1]['content'] }}").render(CONVERSATION)


def test_a_template_runs_in_a_sandbox() -> None:
    with pytest.raises(TemplateError):
        ChatTemplate("{{ ''.__class__.__mro__[1].__subclasses__() }}").render([("user", "Hello")])
