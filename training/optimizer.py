"""Muon for matrices, AdamW for the rest. Knows gradients; knows nothing of schedules or text.

Muon: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); the coefficients of the
Newton-Schulz iteration are from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from training.model import Model, compute_type


def orthogonalised(gradients: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrix of each of (number, rows, columns), roughly: all singular values 0.7 to 1.2.

    In bfloat16 where that is fast: it is precise enough.
    """
    x = (gradients / (gradients.norm(dim=(1, 2), keepdim=True) + 1e-7)).to(compute_type(gradients.device.type))
    tall = x.size(1) > x.size(2)
    if tall:
        x = x.mT.contiguous()
    for _ in range(steps):
        a = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x.mT if tall else x).to(gradients.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal. For two-dimensional parameters only."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, decay: float = 0.05) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike.setdefault(parameter.shape, []).append(parameter)
            for shape, parameters in alike.items():
                nesterov = []
                for parameter in parameters:
                    state = self.state[parameter]
                    if not state:
                        state["momentum"] = torch.zeros_like(parameter)
                    state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                    nesterov.append(parameter.grad.lerp(state["momentum"], group["momentum"]))
                updates = orthogonalised(torch.stack(nesterov))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for parameter, update in zip(parameters, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * group["decay"])
                    parameter.add_(update, alpha=-group["lr"] * scale)


class Optimizers:
    """Both optimizers as one, with one factor for both learning rates.

    Args:
        attention_only: all else but attention is frozen.
    """

    def __init__(self, model: Model, *, matrix_rate: float, other_rate: float, attention_only: bool = False) -> None:
        if attention_only:
            for name, parameter in model.named_parameters():
                parameter.requires_grad_(".qkv." in name or ".output." in name)
        matrices = [p for p in model.blocks.parameters() if p.dim() == 2]
        others = [p for p in model.parameters() if p.dim() == 1] + [model.embedding.weight]
        self._rates = (matrix_rate, other_rate)
        self._all: tuple[torch.optim.Optimizer, ...] = (
            Muon(matrices, lr=matrix_rate),
            torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
        )

    def step(self, factor: float) -> None:
        """Update with both learning rates multiplied by `factor`, and clear the gradients."""
        for optimizer, rate in zip(self._all, self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state(self) -> list[dict[str, Any]]:
        return [optimizer.state_dict() for optimizer in self._all]

    def load(self, states: list[dict[str, Any]]) -> None:
        for optimizer, state in zip(self._all, states, strict=True):
            optimizer.load_state_dict(state)
