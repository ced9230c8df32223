"""Keeps what the user meant with the request that was misunderstood, so that it helps when a close request comes again.

After MemPrompt (Madaan et al., "Memory-assisted prompt editing to improve GPT-3 after deployment", EMNLP 2022): the
pair of request and correction is a memory like any other, found by search, shown on the page and forgotten with it. Pure.
"""

from __future__ import annotations

import re
from datetime import datetime

from assistant.extraction import CandidateFact, extract_by_rules
from assistant.own_words import own_sentences

ATTRIBUTE = "correction"
MAX_WORDS = 40
_MEANT = (
    re.compile(
        r"^(?:(?:no|nope|not that|not quite|wrong|sorry|hm+|well|actually)\b[\s,.!–-]*)*(?:what )?i (?:actually |really )?"
        r"meant(?: was)?[\s,:]+(?P<meant>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:no\b[\s,.!]*)?(?:that['’]?s|that is|this is(?:n['’]t)?|it['’]s) (?:not )?what i (?:meant|asked(?: for)?|wanted)"
        r"[\s,.;:–-]+(?:i (?:meant|wanted|asked for)[\s,:]+)?(?P<meant>.+)$",
        re.IGNORECASE,
    ),
)
_NO_OBJECT = re.compile(r"(?:to|it|that|what|well|every|no|for|by)\b(?! \w+ (?:one|version|file|part))", re.IGNORECASE)
"""What follows "I meant" when nothing is put right: "I meant to call you", "I meant it"."""
_TERM = re.compile(
    r"^(?:(?:no|and|so)\b[\s,]*)*(?:by|with) (?P<term>[^,]{2,40}?),? i (?:always )?mean(?:t)?[\s,:]+(?P<meant>.+)$",
    re.IGNORECASE,
)


def read_correction(text: str, request: str, *, said_at: datetime) -> CandidateFact | None:
    """What the user meant by `request`, if `text` says so: "No, I meant the river, not the bank".

    Args:
        request: what the user had typed before; empty when there was nothing.
    """
    for sentence in own_sentences(text):
        plain = sentence.strip(" .!")
        if len(plain.split()) > MAX_WORDS or plain.endswith("?"):
            continue
        if term := _TERM.match(plain):
            return _candidate(f"By “{term['term'].strip()}” the user means {term['meant']}.", term["meant"], said_at)
        match = next((found for pattern in _MEANT if (found := pattern.match(plain))), None)
        # "I meant I live in Basel" is a fact put right, and the rules keep it as one.
        if (
            match is None
            or not request
            or _NO_OBJECT.match(match["meant"])
            or extract_by_rules(match["meant"], said_at=said_at)
        ):
            continue
        asked = " ".join(request.split()[:MAX_WORDS]).strip(" .")
        return _candidate(f"When the user asked “{asked}”, they meant: {match['meant']}.", match["meant"], said_at)
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
