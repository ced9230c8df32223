"""What kind of thing is asked: a coarse topic of a message, by its words. Pure, English, no model.

Taste depends on it: short for facts, warm for worries. Four topics are few enough that a handful of ratings can tell
them apart, and each has a name that a user understands. Anything that is no question and no request is talk.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import Literal

Topic = Literal["facts", "advice", "assistant", "talk"]
TOPICS: tuple[Topic, ...] = ("facts", "advice", "assistant", "talk")
NAMES: dict[Topic, str] = {
    "facts": "facts and tasks",
    "advice": "advice",
    "assistant": "questions about the assistant",
    "talk": "talk",
}
JOIN = ", "

_GREETING = re.compile(
    r"^(?:how are you\b|how(?:'s| is) (?:it|everything|life)\b|how do you do\b|what(?:'s| is) (?:up|new)\b|hello\b|hi\b|hey\b|"
    r"good (?:morning|evening|night|afternoon)\b|thanks?\b|thank you\b|bye\b|goodbye\b)",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:should (?:i|we)|shall (?:i|we)|advice|advise|tips?|ideas?|suggest\w*|what would you do|do you think|"
    r"how (?:do|can|could|should|would) (?:i|we)|help me (?:plan|choose|decide)|"
    r"(?:can|could|would) you help me with|what (?:can|could) (?:i|we) (?:do|try|cook|wear|say|write)|"
    r"is it (?:ok|okay|worth|better)|best way)\b",
    re.IGNORECASE,
)
_HOW_TO_FACT = re.compile(
    r"\b(?:code|program|function|git|python|excel|sql|install|compile|calculate|convert|spell)\b", re.IGNORECASE
)
_TASK = re.compile(
    r"^(?:please |(?:can|could|would|will) you (?:please )?)?(?:write|translate|explain|define|describe|list|name|"
    r"compare|calculate|convert|summari[sz]e|draft|fix|code|show|find|recommend|give me|make|"
    r"tell me (?:about|how|why|what|who|when|where|a))\b",
    re.IGNORECASE,
)
_ASSISTANT = re.compile(
    r"\b(?:you|your|yours|yourself)\b|\bmy (?:data|privacy)\b|\bis this (?:private|safe|free)\b|\bdoes this work\b|"
    r"\bthis (?:app|program)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|do|does|did|can|could|will|would|has|have|had|may)\b",
    re.IGNORECASE,
)


def topic_of(text: str) -> Topic:
    """The topic of one message. The first that fits of: greeting, advice, task, the assistant itself, other question, talk."""
    said = " ".join(text.split())
    if _GREETING.match(said):
        return "talk"
    if _ADVICE.search(said) and not _HOW_TO_FACT.search(said):
        return "advice"
    if _TASK.match(said):
        return "facts"
    asks = said.endswith("?") or _QUESTION.match(said) is not None
    if not asks:
        return "talk"
    return "assistant" if _ASSISTANT.search(said) else "facts"


def name_of(scope: frozenset[Topic]) -> str:
    """`facts and tasks, advice`: what a rule that holds for these topics is said to be for. Empty for all of them."""
    return "" if len(scope) == len(TOPICS) else JOIN.join(NAMES[t] for t in TOPICS if t in scope)


SCOPES: tuple[frozenset[Topic], ...] = tuple(
    frozenset(chosen) for size in range(1, len(TOPICS)) for chosen in combinations(TOPICS, size)
)
"""Every set of topics but all and none."""
ALL = frozenset(TOPICS)
BY_NAME = {name_of(scope): scope for scope in SCOPES}


def holds_for(topic: str, text: str) -> bool:
    """Does a rule with this `Rule.topic` hold for a message? One without a topic holds for every message.

    A topic in words of the user's own holds for messages that name it.
    """
    if not topic:
        return True
    scope = BY_NAME.get(topic)
    if scope is not None:
        return topic_of(text) in scope
    return re.search(rf"\b{re.escape(topic)}\b", text, re.IGNORECASE) is not None
