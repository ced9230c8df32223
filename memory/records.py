"""The records that memory keeps and hands out. Plain values: no database, no model, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

Role = Literal["user", "assistant", "system"]
MessageStatus = Literal["complete", "streaming", "stopped", "failed"]
MemoryKind = Literal["semantic", "episodic", "procedural"]
"""semantic: a fact. episodic: something that happened. procedural: a standing instruction about how to answer."""
Origin = Literal["rule", "model", "user", "import"]
"""Who wrote a memory: an extraction rule, the chat model, the user by hand, or an import."""
MemoryEventKind = Literal["added", "refreshed", "edited", "closed", "reopened", "forgotten", "merged", "split"]
HitSource = Literal["bm25", "dense", "both"]
UseKind = Literal["memory", "message", "profile", "rule", "trial", "steering"]
"""trial: a rule that one answer was written with to see whether it is liked; `item_id` is its candidate."""
RuleState = Literal["proposed", "accepted", "rejected", "retired"]
Rating = Literal[1, -1]


def utc_now() -> datetime:
    """The default clock: now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    id: str
    title: str
    persona: str
    """The identifier of the persona that speaks."""
    created_at: datetime
    updated_at: datetime
    active_leaf_id: str | None = None
    """The last message of the branch that is shown."""
    titled_by: Literal["auto", "user"] = "auto"
    collection_id: str | None = None
    keep_days: int | None = None
    """How long after its last message it is kept; 0 for ever, None as long as the others. See `memory.retention`."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn. Messages form a tree by `parent_id`: an edit or a regeneration is a sibling, never an overwrite."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    content: str
    created_at: datetime
    persona: str = ""
    model: str = ""
    prompt_version_id: str | None = None
    status: MessageStatus = "complete"
    reasoning: str = ""
    """What a thinking model said to itself: shown folded, never searched or scored."""
    failure: str = ""
    """Why a reply failed, where trying again cannot help."""
    block: str = ""
    """On a user message: the memory block it was rendered with, so that the evaluated prefix stays valid."""
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    duration_ms: float | None = None
    copied_at: datetime | None = None
    """When the user last took an answer along: a sign, weaker than a thumb, that it was of use."""

    @property
    def stopped(self) -> bool:
        return self.status == "stopped"


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to be added in bulk. `parent_id=None` continues the conversation's branch."""

    conversation_id: str
    role: Role
    content: str
    created_at: datetime | None = None
    parent_id: str | None = None
    persona: str = ""
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """One remembered fact, event or standing instruction, with its source, its validity interval and its state."""

    id: str
    content: str
    """A sentence in the third person: "The user's dog is called Pemba."."""
    kind: MemoryKind
    subject: str
    attribute: str
    value: str
    importance: float
    """0 to 1."""
    created_at: datetime
    valid_from: datetime
    valid_to: datetime | None = None
    """When it stopped being true; None while it holds."""
    superseded_by: str | None = None
    source_message_id: str | None = None
    origin: Origin = "user"
    sensitivity: str = ""
    """Empty, or the sensitive class the user allowed it under."""
    persona: str = ""
    """Empty when every persona may see it."""
    occurs_from: date | None = None
    """First day of a plan or an event; None for what has no day of its own."""
    occurs_to: date | None = None

    def holds_at(self, moment: datetime) -> bool:
        return self.valid_from <= moment and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, kw_only=True)
class HeldFact:
    """A sensitive statement that was found and not kept: it waits for the user's word. Its message stays out of search."""

    id: str
    message_id: str
    content: str
    kind: MemoryKind
    subject: str
    attribute: str
    value: str
    sensitivity: str
    """The class it falls into: health, religion, …"""
    valid_from: datetime
    created_at: datetime
    declined: bool = False
    """The user said no; the message stays out of search all the same."""
    occurs_from: date | None = None
    occurs_to: date | None = None
    """First and last day of a plan or an event."""
    persona: str = ""
    """The persona that keeps its own memory and was told this."""


@dataclass(frozen=True, kw_only=True)
class MemoryEvent:
    """One line of a memory's history. Events of a forgotten memory keep their dates and lose their words."""

    id: str
    memory_id: str
    kind: MemoryEventKind
    at: datetime
    content: str
    """The memory's content after this event; empty once forgotten."""
    by: Literal["user", "rule", "model", "import"]
    source_message_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    item: Memory | Message
    score: float
    """After fusion and ranking: high is good; comparable within one search only."""
    source: HitSource
    similarity: float | None = None
    """Cosine to the query of its nearest part; None where it was not found by meaning."""
    why: tuple[tuple[str, float], ...] = ()
    """What spoke for it, each part from 0 to 1: see `memory.why`."""


@dataclass(frozen=True, kw_only=True)
class MessageUse:
    """Something an answer was given with. `text` is the line as the model read it."""

    item_type: UseKind
    item_id: str
    text: str
    score: float = 0.0
    why: str = ""
    """What spoke for it, as `why.written` has it."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    id: str
    message_id: str
    rating: Rating
    reasons: tuple[str, ...]
    comment: str
    edit: str
    """The answer as the user would have written it; empty when not given."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One short learned instruction. It must cite the rated answers that taught it."""

    id: str
    text: str
    topic: str = ""
    evidence: tuple[str, ...] = ()
    """Feedback identifiers."""
    enabled: bool = True
    locked: bool = False
    """The user wants it so: learning neither changes nor drops it."""
    persona: str = ""
    """The only persona that follows it; empty: all of them."""


@dataclass(frozen=True, kw_only=True)
class PromptVersion:
    """An ordered list of at most eight rules. At most one version is in force: the newest `accepted` one."""

    id: str
    parent_id: str | None
    rules: tuple[Rule, ...]
    state: RuleState
    reason: str
    """Why it was proposed, in words for the user."""
    created_at: datetime
    decided_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProfileLine:
    section: str
    text: str
    memory_ids: tuple[str, ...] = ()
    author: Literal["facts", "user"] = "facts"
    locked: bool = False
    """The user wants it as it stands: no fact rewrites it or takes it away, only forgetting does."""


@dataclass(frozen=True, kw_only=True)
class ProfileVersion:
    id: str
    lines: tuple[ProfileLine, ...]
    hidden_memory_ids: tuple[str, ...]
    """Memories whose line the user took off the page or reworded: they never write a line again."""
    author: Literal["facts", "user"]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Summary:
    id: str
    conversation_id: str
    content: str
    message_ids: tuple[str, ...]
    """The messages it covers, oldest first."""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ForgetPlan:
    """What forgetting would take, so that it can be shown and confirmed first."""

    memories: tuple[Memory, ...]
    redacted_messages: tuple[Message, ...]
    """Messages in which the words will be replaced by a mark."""
    deleted_conversations: tuple[Conversation, ...] = ()
    phrases: tuple[str, ...] = field(default=(), repr=False)
    """The words that will be struck out."""
    topic: tuple[str, ...] = field(default=(), repr=False)
    """Words that name a topic or a person: every sentence that holds one goes, wherever it stands."""
    blanked_messages: tuple[Message, ...] = ()
    """Messages of which nothing is left but their place in the conversation."""

    @property
    def is_empty(self) -> bool:
        return not (self.memories or self.redacted_messages or self.deleted_conversations or self.blanked_messages)
