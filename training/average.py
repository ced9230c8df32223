"""`python -m training.average ONE.gguf OTHER.gguf --share 0.7 --out FILE`: a model between two of the same run.

The mean of the weights of two checkpoints is often better than either (Wortsman et al., "Model soups", 2022).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.config import CONFIGS, ModelSize
from training.export import export_gguf, load_weights, tokenizer_of
from training.model import Model


def average(one: Path, other: Path, share: float, size: ModelSize) -> Model:
    """The weights of `one`, moved by `share` of the way towards those of `other`.

    Raises:
        ValueError: a file was made with another size.
    """
    models = Model(size), Model(size)
    for model, path in zip(models, (one, other), strict=True):
        load_weights(model, path)
    with torch.no_grad():
        for ours, theirs in zip(*(model.parameters() for model in models), strict=True):
            ours.lerp_(theirs, share)
    return models[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.average", description="Average two models of one run.")
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="how much of the other; 0.5 unless given")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", choices=sorted(CONFIGS), default="cpu")
    options = parser.parse_args()
    model = average(options.one, options.other, options.share, CONFIGS[options.config].size)
    kind = "Q8_0" if CONFIGS[options.config].quantised else "F16"
    export_gguf(model, tokenizer_of(options.one), options.out, kind=kind)


if __name__ == "__main__":
    main()
