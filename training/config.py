"""The sizes and schedules a model is made with. Knows numbers; knows nothing of text or tensors."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class ModelSize:
    """Shape of the network. `context_tokens` is the longest row it is trained on, and `n_ctx` of the GGUF."""

    vocabulary: int = 1536
    width: int = 256
    layers: int = 5
    head_width: int = 64
    hidden: int = 640
    """Width of the SwiGLU layer."""
    context_tokens: int = 1024
    rope_base: float = 10_000.0
    rope_factor: float = 1.0
    """How many times further than `rope_tokens` positions reach, by YaRN."""
    rope_tokens: int = 2048
    norm_epsilon: float = 1e-5
    key_heads: int = 0
    """Heads of K and V, each shared by as many of Q (grouped-query attention); 0: as many as of Q."""

    @property
    def heads(self) -> int:
        return self.width // self.head_width

    @property
    def kv_heads(self) -> int:
        return self.key_heads or self.heads


@dataclass(frozen=True, kw_only=True)
class Config:
    """One way to make a model. The schedule is in minutes of wall clock, so that it ends on any machine."""

    name: str = "cpu"
    size: ModelSize = ModelSize()
    minutes: float = 60.0
    """Wall clock of the dialogue stage; the copying stage comes before it and ends when copying is learnt."""
    decay_share: float = 0.5
    """Share of the minutes in which the learning rate falls, at the end."""
    warmup_steps: int = 50
    matrix_rate: float = 0.02
    """Learning rate of Muon, for the matrices."""
    other_rate: float = 3e-3
    """Learning rate of AdamW, for embeddings, norms and biases."""
    row_shapes: tuple[tuple[int, int], ...] = ((8, 512), (8, 512), (4, 1024), (8, 512), (8, 512))
    """(rows, tokens) of successive batches, repeated."""
    long_rows: tuple[bool, ...] = (False, False, True, False, False)
    """Of which of them each row opens with a dialogue that may fill it; the others hold short ones."""
    long_turns: int = 12
    long_facts: int = 16
    """The most turns and facts of a dialogue that may fill a row."""
    copy_shape: tuple[int, int] = (32, 128)
    copies_a_row: int = 1
    """Rows of the copying stage that stand side by side in one row of a batch."""
    copy_every: int = 4
    """Every so many batches of the dialogue stage is one of the copying stage: without them copying is unlearnt. 0: none."""
    talk_every: int = 0
    """Every so many batches is small talk alone, the rest without those dialogues that hold most of it; 0: none."""
    lessons_every: int = 0
    """Every so many batches is lists, plans, rewording and advice, learnt from replies whatever a run is held to; 0: none."""
    copy_until_loss: float = 0.15
    copy_steps_at_most: int = 1500
    prompt_share: float = 0.1
    """Share of dialogues whose prompts carry loss too, not only their replies."""
    dated_share: float = 0.03
    """Share of dialogues, tasks aside, in which only dates decide what is right."""
    far_share: float = 0.3
    """Share of the dialogues that may fill a row in which what is told and its question stand far apart."""
    attention_only: bool = False
    """Only attention learns, its matrices and biases: what is copied from where, and little of what is said."""
    checkpoint_minutes: float = 3.0
    threads: int = 2
    device: str = "cpu"
    """`cpu` or `cuda`; either computes in bfloat16 and keeps its weights in float32."""
    workers: int = 0
    """Processes that make batches beside the training; 0: it makes its own."""
    quantised: bool = False
    """Matrices of the GGUF as Q8_0, else F16."""
    compiled: bool = True
    """Through torch.compile: about twice as fast, after half a minute of compiling a shape."""
    seed: int = 20261121


CONFIGS = {
    "cpu": Config(),
    "gpu": Config(
        name="gpu",
        size=ModelSize(
            vocabulary=4096,
            width=640,
            layers=8,
            key_heads=2,
            hidden=1536,
            context_tokens=4096,
            rope_base=50_000.0,
            rope_factor=2.0,
        ),
        minutes=22.0,
        decay_share=0.4,
        row_shapes=((16, 4096),),
        long_rows=(False, True, False, False),
        long_turns=40,
        long_facts=24,
        copy_shape=(256, 256),
        copies_a_row=16,
        copy_every=20,
        copy_until_loss=0.4,
        threads=2,
        device="cuda",
        workers=13,
        quantised=True,
    ),
}
CONFIGS["mend"] = replace(
    CONFIGS["gpu"],
    name="mend",
    minutes=30.0,
    decay_share=1.0,
    warmup_steps=5,
    matrix_rate=1.5e-3,
    other_rate=6e-5,
    row_shapes=((1, 4096),),
    long_rows=(True, False),
    copy_shape=(16, 256),
    copies_a_row=16,
    copy_every=8,
    far_share=1.0,
    attention_only=True,
    device="cpu",
    workers=0,
    compiled=False,
)
CONFIGS["hold"] = replace(
    CONFIGS["mend"],
    name="hold",
    minutes=20.0,
    decay_share=0.9,
    other_rate=1e-4,
    row_shapes=((8, 640),),
    long_rows=(False,),
    copy_every=0,
    attention_only=False,
)
"""`gpu` has 34 M parameters and is meant for one card with 80 GB and 16 cores beside it. All its batches have one shape,
so that the network is compiled once. `mend` is for a few small steps from its file (`--from`) on two cores, `hold` for
steps that keep what files can do already (`--hold`)."""
