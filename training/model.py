"""The network: a small decoder of the `qwen2` architecture, as llama.cpp runs it. Knows tensors; knows no text.

RMSNorm, rotary positions (NEOX halves), biases on Q, K and V, SwiGLU, tied embeddings. Two heads of the first
layer start as heads that attend to the token one and two places back, written in through the Q and K biases.
An induction head, which is what copying a value takes, needs such a head below it, and ordinary training finds
one late (Olsson et al., "In-context Learning and Induction Heads", 2022).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.varlen import varlen_attn

from training.config import ModelSize


def compute_type(device: str) -> torch.dtype:
    """bfloat16 where it is fast: on a card, and on processors with instructions for it; emulated it is sixty times slower."""
    if device != "cpu":
        return torch.bfloat16
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


IGNORED = -1
"""Target of a position that carries no loss."""
PREVIOUS_TOKEN_HEADS = 4
"""Heads that look 1, 2, 3 and 4 tokens back from the start, at most three a layer from the first on."""


class RmsNorm(nn.Module):
    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.size(-1),), self.weight, self.epsilon)


def frequencies(size: ModelSize) -> Tensor:
    """(head_width / 2,): how far each rotary pair turns a token, in radians; with a `rope_factor` those of YaRN.

    YaRN: Peng et al., "YaRN: Efficient Context Window Extension of Large Language Models" (2023). Pairs that turn more
    than 32 times in `rope_tokens` stay as they are, those that turn less than once are slowed by the factor, those
    between by part of it, in the steps of llama.cpp.
    """
    plain = size.rope_base ** (-torch.arange(0, size.head_width, 2) / size.head_width)

    def pair_turning(times: int) -> float:
        turn = size.rope_tokens / (times * 2 * math.pi)
        return size.head_width * math.log(turn) / (2 * math.log(size.rope_base))

    first, last = max(0, math.floor(pair_turning(32))), min(size.head_width - 1, math.ceil(pair_turning(1)))
    slowed = ((torch.arange(size.head_width // 2) - first) / max(0.001, last - first)).clamp(0, 1)
    return plain * (1 - slowed + slowed / size.rope_factor)


def rotary(size: ModelSize) -> tuple[Tensor, Tensor]:
    """Cosines and sines, (context, head_width) each, the two halves alike.

    YaRN makes both larger, so that attention is as sharp among more tokens.
    """
    scale = 1 + 0.1 * math.log(size.rope_factor)
    angles = torch.arange(size.context_tokens)[:, None] * frequencies(size)[None]
    return scale * torch.cat([angles.cos()] * 2, -1), scale * torch.cat([angles.sin()] * 2, -1)


def _rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cosines + torch.cat([-second, first], -1) * sines


class Block(nn.Module):
    def __init__(self, size: ModelSize) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_width = size.heads, size.kv_heads, size.head_width
        self.attention_norm = RmsNorm(size.width, size.norm_epsilon)
        self.qkv = nn.Linear(size.width, size.width + 2 * size.kv_heads * size.head_width)
        self.output = nn.Linear(size.width, size.width, bias=False)
        self.hidden_norm = RmsNorm(size.width, size.norm_epsilon)
        self.gate_up = nn.Linear(size.width, 2 * size.hidden, bias=False)
        self.down = nn.Linear(size.hidden, size.width, bias=False)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor, mask: Tensor | None) -> Tensor:
        rows, tokens, width = x.shape
        heads = self.qkv(self.attention_norm(x)).view(rows, tokens, -1, self.head_width).transpose(1, 2)
        q, k, v = heads.split((self.heads, self.kv_heads, self.kv_heads), 1)
        q, k = _rotate(q, cosines, sines), _rotate(k, cosines, sines)
        seen = attend(q, k, v, mask)
        x = x + self.output(seen.transpose(1, 2).reshape(rows, tokens, width))
        gate, up = self.gate_up(self.hidden_norm(x)).chunk(2, -1)
        return x + self.down(functional.silu(gate) * up)


class Model(nn.Module):
    cosines: Tensor
    sines: Tensor

    def __init__(self, size: ModelSize) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Embedding(size.vocabulary, size.width)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.norm = RmsNorm(size.width, size.norm_epsilon)
        cosines, sines = rotary(size)
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0.0, 0.02)
        for block in self.blocks:
            assert isinstance(block, Block)
            nn.init.zeros_(block.qkv.bias)
            for linear in (block.output, block.down):
                nn.init.normal_(linear.weight, 0.0, 0.02 / math.sqrt(2 * size.layers))
        for number in range(PREVIOUS_TOKEN_HEADS):
            layer, head = divmod(number, min(3, size.heads))
            build_previous_token_head(self, layer=layer, head=head, distance=number + 1)

    def hidden(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """(rows, tokens) ids to (rows, tokens, width). `mask`: what `document_mask` gave."""
        x = self.embedding(tokens)
        length = tokens.size(1)
        for block in self.blocks:
            x = block(x, self.cosines[:length], self.sines[:length], mask)
        return self.norm(x)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits, (rows, tokens, vocabulary)."""
        return self.hidden(tokens, mask) @ self.embedding.weight.T

    def loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy, in nats, over the targets that are not `IGNORED`.

        Args:
            hidden: what `self.hidden` gave.
            targets: (rows, tokens), in the processor's memory, so that a card need not wait to know how many count.
        """
        flat = targets.flatten()
        wanted = _wanted(targets)
        return functional.cross_entropy(self._logits_at(wanted, hidden), flat[wanted].to(hidden.device))

    def divergence(self, hidden: Tensor, other: Model, others: Tensor, targets: Tensor) -> Tensor:
        """Mean Kullback-Leibler divergence, in nats, from what `other` says, where a target is not `IGNORED`.

        Of a token that could be another the whole of its likelihoods is learnt, not one draw, so that few tokens keep
        what `other` can do (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015).

        Args:
            hidden: what `self.hidden` gave.
            others: what `other.hidden` gave of the same tokens.
        """
        wanted = _wanted(targets)
        ours, theirs = self._logits_at(wanted, hidden), other._logits_at(wanted, others)
        return functional.kl_div(ours.log_softmax(1), theirs.log_softmax(1), reduction="batchmean", log_target=True)

    def _logits_at(self, wanted: Tensor, hidden: Tensor) -> Tensor:
        """(wanted, vocabulary) in float32."""
        return (hidden.flatten(0, 1)[wanted.to(hidden.device)] @ self.embedding.weight.T).float()


def _wanted(targets: Tensor) -> Tensor:
    """The places, counted through all rows, whose targets are not `IGNORED`."""
    return (targets.flatten() != IGNORED).nonzero().squeeze(1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of (rows, heads, tokens, head width); without a `mask` each token sees those before it.

    On a card packed documents go through a kernel for many short sequences. In bfloat16 on a CPU attention is written
    out, a quarter of the queries at a time with the keys up to them: that is faster than torch's own kernel.
    """
    shared = q.size(1) // k.size(1)
    if q.is_cuda and mask is not None:
        rows, heads, length, width = q.shape
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        q, k, v = (x.to(v.dtype).transpose(1, 2).reshape(rows * length, heads, width) for x in (q, k, v))
        seen = varlen_attn(q, k, v, mask, mask, length, length, window_size=(-1, 0))
        assert isinstance(seen, Tensor)
        return seen.view(rows, length, heads, width).transpose(1, 2)
    if q.is_cuda or v.dtype == torch.float32:
        return functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=shared > 1
        )
    k, v = k.repeat_interleave(shared, 1).to(v.dtype), v.repeat_interleave(shared, 1)
    q, length = (q * q.size(3) ** -0.5).to(v.dtype), q.size(2)
    if mask is None:
        mask = torch.ones(1, 1, length, length, dtype=torch.bool, device=q.device).tril()
    barred = torch.zeros(mask.shape, dtype=v.dtype).masked_fill_(~mask, -3e4)
    parts = []
    for part in range(4):
        begin, end = part * length // 4, (part + 1) * length // 4
        scores = q[:, :, begin:end] @ k[:, :, :end].transpose(2, 3) + barred[..., begin:end, :end]
        parts.append(torch.softmax(scores, 3) @ v[:, :, :end])
    return torch.cat(parts, 2)


def build_previous_token_head(
    model: Model, *, layer: int, head: int, distance: int, amplitude: float = 30.0, pairs: int = 10
) -> None:
    """Make `head` of `layer` attend `distance` tokens back, whatever stands there.

    In "The user's mother is called Ada", the word that tells Ada from the other names is three tokens back.
    The K bias is a constant vector on the `pairs` fastest rotary pairs; the Q bias is the same vector turned by
    `distance` steps, so that their product peaks at exactly that distance.
    """
    size, block = model.size, model.blocks[layer]
    assert isinstance(block, Block)
    width, half = size.head_width, size.head_width // 2
    turns = frequencies(size)
    key, query = torch.zeros(width), torch.zeros(width)
    key[:pairs] = math.sqrt(amplitude)
    query[:pairs] = math.sqrt(amplitude) * torch.cos(-turns[:pairs] * distance)
    query[half : half + pairs] = math.sqrt(amplitude) * torch.sin(-turns[:pairs] * distance)
    with torch.no_grad():
        block.qkv.bias[head * width : (head + 1) * width] = query
        shared = size.width + head * size.kv_heads // size.heads * width
        block.qkv.bias[shared : shared + width] = key


def document_mask(documents: Tensor, device: str = "cpu") -> Tensor:
    """From (rows, tokens) document numbers, what lets a token see its own document up to itself, and no other.

    Returns:
        On a CPU (rows, 1, tokens, tokens), True where seen. For a card the positions at which the documents of all
        rows begin, one row after another, and the end of the last.
    """
    if device != "cpu":
        rows, tokens = documents.shape
        begins = torch.ones(rows, tokens, dtype=torch.bool)
        begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
        ends = torch.tensor([rows * tokens])
        return torch.cat([begins.flatten().nonzero().squeeze(1), ends]).to(device, torch.int32)
    same = documents[:, :, None] == documents[:, None, :]
    return torch.tril(same)[:, None]
