"""Writes a model as a GGUF file that llama.cpp runs. Knows the file format; knows no training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, RopeScalingType, TokenType
from gguf.quants import dequantize, quantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from training.model import Block, Model
from training.tokens import CHAT_TEMPLATE, END_ID, PAD_ID, SPECIAL, START_ID

NAME = "Attune Mini"
LICENCE = "Apache-2.0"
Kind = Literal["F32", "F16", "Q8_0"]
FILE_TYPES = {
    "F32": LlamaFileType.ALL_F32,
    "F16": LlamaFileType.MOSTLY_F16,
    "Q8_0": LlamaFileType.MOSTLY_Q8_0,
}
PIECE_BYTES = 16 * 2**20


def split_file(path: Path) -> list[Path]:
    """The file in pieces of `PIECE_BYTES` beside it, `NAME.0`, `NAME.1` …; `cat` in order makes it whole again."""
    pieces: list[Path] = []
    with path.open("rb") as whole:
        while chunk := whole.read(PIECE_BYTES):
            pieces.append(path.with_name(f"{path.name}.{len(pieces)}"))
            pieces[-1].write_bytes(chunk)
    return pieces


def export_gguf(model: Model, tokenizer: Tokenizer, path: Path, *, kind: Kind = "F16") -> None:
    """Write weights, tokenizer and chat template to `path`, the matrices as `kind`, all else as F32."""
    size = model.size
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    writer = GGUFWriter(str(part), "qwen2")
    writer.add_name(NAME)
    writer.add_license(LICENCE)
    writer.add_author("The Attune authors")
    writer.add_description("A small assistant model trained from scratch on generated conversations.")
    writer.add_file_type(FILE_TYPES[kind])
    writer.add_context_length(size.context_tokens)
    writer.add_embedding_length(size.width)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.hidden)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_layer_norm_rms_eps(size.norm_epsilon)
    writer.add_rope_freq_base(size.rope_base)
    if size.rope_factor != 1:
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(size.rope_factor)
        writer.add_rope_scaling_orig_ctx_len(size.rope_tokens)
    writer.add_vocab_size(size.vocabulary)
    _add_tokenizer(writer, tokenizer)
    _add_tensors(writer, model, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def _add_tokenizer(writer: GGUFWriter, tokenizer: Tokenizer) -> None:
    entries = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    tokens = [token for token, _ in entries]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(START_ID)
    writer.add_eos_token_id(END_ID)
    writer.add_pad_token_id(PAD_ID)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _named_tensors(model: Model) -> Iterator[tuple[str, Tensor]]:
    """Each tensor of the file by its name there, as a view of the model's own."""
    size = model.size
    yield "token_embd.weight", model.embedding.weight
    yield "output_norm.weight", model.norm.weight
    for number, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        prefix = f"blk.{number}."
        kv_width = size.kv_heads * size.head_width
        widths = (size.width, kv_width, kv_width)
        for name, part in zip("qkv", block.qkv.weight.split(widths), strict=True):
            yield f"{prefix}attn_{name}.weight", part
        for name, part in zip("qkv", block.qkv.bias.split(widths), strict=True):
            yield f"{prefix}attn_{name}.bias", part
        gate, up = block.gate_up.weight.chunk(2)
        yield f"{prefix}attn_output.weight", block.output.weight
        yield f"{prefix}ffn_gate.weight", gate
        yield f"{prefix}ffn_up.weight", up
        yield f"{prefix}ffn_down.weight", block.down.weight
        yield f"{prefix}attn_norm.weight", block.attention_norm.weight
        yield f"{prefix}ffn_norm.weight", block.hidden_norm.weight


def _add_tensors(writer: GGUFWriter, model: Model, kind: Kind) -> None:
    with torch.no_grad():
        for name, tensor in _named_tensors(model):
            array = tensor.detach().float().cpu().numpy().copy()
            if array.ndim == 2:
                stored = GGMLQuantizationType[kind]
                writer.add_tensor(name, quantize(array, stored), raw_dtype=stored)
            else:
                writer.add_tensor(name, array)


def load_weights(model: Model, path: Path) -> None:
    """Fill `model` with the weights of a GGUF that `export_gguf` wrote.

    Raises:
        ValueError: its shape is another one.
    """
    stored = {tensor.name: tensor for tensor in GGUFReader(str(path)).tensors}
    wanted = dict(_named_tensors(model))
    if {name: tuple(reversed(stored[name].shape)) for name in stored} != {n: tuple(t.shape) for n, t in wanted.items()}:
        raise ValueError(f"{path} was made with another size. Choose the --config it was made with.")
    with torch.no_grad():
        for name, tensor in wanted.items():
            tensor.copy_(torch.tensor(dequantize(stored[name].data, stored[name].tensor_type)))


def tokenizer_of(path: Path) -> Tokenizer:
    """The trainer's tokenizer, rebuilt from the GGUF that holds it."""
    reader = GGUFReader(str(path))
    tokens: list[str] = reader.fields["tokenizer.ggml.tokens"].contents()
    merges: list[str] = reader.fields["tokenizer.ggml.merges"].contents()
    pairs = [(first, second) for first, second in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer
