"""Keeps what the user meant with the request that was misunderstood, so that it helps when a close request comes again.

After MemPrompt (Madaan et al., "Memory-assisted prompt editing to improve GPT-3 after deployment", EMNLP 2022): the
pair of request and correction is a memory like any other, found by search, shown on the page and forgotten with it. Pure.
"""

from __future__ import annotations

from datetime import datetime

from assistant.extraction import CandidateFact, extract_by_rules
from assistant.language import DEFAULT, vocabulary
from assistant.own_words import own_sentences

ATTRIBUTE = "correction"
MAX_WORDS = 40


def read_correction(text: str, request: str, *, said_at: datetime, language: str = DEFAULT) -> CandidateFact | None:
    """What the user meant by `request`, if `text` says so: "No, I meant the river, not the bank".

    Args:
        request: what the user had typed before; empty when there was nothing.
    """
    words = vocabulary(language).corrections
    for sentence in own_sentences(text, language):
        plain = sentence.strip(" .!")
        if len(plain.split()) > MAX_WORDS or plain.endswith("?"):
            continue
        if term := words.term.match(plain):
            return _candidate(
                words.content_term.format(term=term["term"].strip(), meant=term["meant"]), term["meant"], said_at
            )
        match = next((found for pattern in words.meant if (found := pattern.match(plain))), None)
        # "I meant I live in Basel" is a fact put right, and the rules keep it as one.
        if (
            match is None
            or not request
            or words.no_object.match(match["meant"])
            or extract_by_rules(match["meant"], said_at=said_at, language=language)
        ):
            continue
        asked = " ".join(request.split()[:MAX_WORDS]).strip(" .")
        return _candidate(words.content_request.format(asked=asked, meant=match["meant"]), match["meant"], said_at)
    return None


def _candidate(content: str, meant: str, said_at: datetime) -> CandidateFact:
    return CandidateFact(
        content=content,
        kind="episodic",
        attribute=ATTRIBUTE,
        value=meant,
        importance=0.6,
        plural=True,
        valid_from=said_at,
    )
