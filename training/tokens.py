"""Byte-level BPE and the chat template. Knows how a dialogue becomes tokens; knows nothing of tensors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from assistant.prompt import PromptMessage

PAD, START, END = "<pad>", "<s>", "</s>"
SPECIAL = (PAD, START, END)
PAD_ID, START_ID, END_ID = 0, 1, 2
CHAT_TEMPLATE = (
    "{% for m in messages %}<s>{{m['role']}}\n{{m['content']}}</s>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


def learn_tokenizer(texts: Iterable[str], *, vocabulary: int) -> Tokenizer:
    """A byte-level BPE of `vocabulary` entries, split as GPT-2 splits (llama.cpp's pre-tokenizer `gpt-2`)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def render(messages: Sequence[PromptMessage], *, ask: bool = False) -> str:
    """The text that `CHAT_TEMPLATE` makes; `ask`: with the opening of a reply at the end."""
    text = "".join(f"{START}{m.role}\n{m.content}{END}\n" for m in messages)
    return text + (f"{START}assistant\n" if ask else "")


def encode(tokenizer: Tokenizer, messages: Sequence[PromptMessage]) -> tuple[list[int], list[bool]]:
    """Token ids, and for each whether it belongs to a reply (its end mark included).

    Pieces are encoded apart at special tokens and at a newline before a word, where the pre-tokenizer splits anyway.
    """
    pieces: list[str] = []
    replies: list[bool] = []
    for message in messages:
        pieces += [f"{START}{message.role}\n", f"{message.content}{END}", "\n"]
        replies += [False, message.role == "assistant", False]
    ids: list[int] = []
    in_reply: list[bool] = []
    for encoding, reply in zip(tokenizer.encode_batch(pieces), replies, strict=True):
        ids += encoding.ids
        in_reply += [reply] * len(encoding.ids)
    return ids, in_reply


def load_tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))
