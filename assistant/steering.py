"""Context Steering: how much what is known of the user counts, token by token. Pure arithmetic: no model, no prompt.

Each next token x is scored under two prompts, one with the personal part and one without it, and the difference that the
personal part makes is scaled (He, Lin, Ahmad, Dragan 2024, arXiv 2405.01768):

    score(x) = log p(x | with) + strength * (log p(x | with) - log p(x | without))

0 leaves every token as it was, 1 counts the personal part twice, -1 leaves it out. The paper scores all tokens. A
difference of two very small probabilities is noise, though, which a strength above 0 blows up; so a token is scored only
where one of the two prompts holds it for plausible (as in contrastive decoding, Li et al. 2023, arXiv 2210.15097).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

PLAUSIBLE = 0.1
"""A token must be at least this likely under one of the prompts, as a share of the likeliest there (Li et al. 2023)."""


def log_probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """(vocab,) natural logarithms that sum to one as probabilities."""
    shifted: NDArray[np.float64] = logits.astype(np.float64) - float(logits.max())
    result: NDArray[np.float64] = shifted - math.log(float(np.exp(shifted).sum()))
    return result


def steered(with_it: NDArray[np.float32], without: NDArray[np.float32], strength: float) -> NDArray[np.float32]:
    """The score of each next token, -inf for those that neither prompt holds for plausible.

    Args:
        with_it, without: (vocab,) logits under the prompt with the personal part, and under the one without it.
        strength: how much more than once the difference counts; -1 to leave it out.
    """
    known, unknown = log_probabilities(with_it), log_probabilities(without)
    score = known + strength * (known - unknown)
    least = math.log(PLAUSIBLE)
    plausible = (known >= known.max() + least) | (unknown >= unknown.max() + least)
    return np.where(plausible, score, -np.inf).astype(np.float32)
