"""WHAT is kept: conversations, facts with a life, feedback, the profile. Knows nothing of chat models, prompts or pages.

from memory import open_memory
with open_memory(home) as memory:
    hits = memory.search("What is my dog called?")
"""

from memory.collections import Collection
from memory.errors import (
    DatabaseDamaged,
    EmbeddingsUnavailable,
    HomeNotWritable,
    MemoryStoreError,
    NameNotUsable,
    NotFound,
    RerankerMissing,
    TransferError,
)
from memory.manager import MemoryManager, open_memory
from memory.records import (
    Conversation,
    Feedback,
    ForgetPlan,
    HeldFact,
    Memory,
    MemoryEvent,
    Message,
    MessageUse,
    NewMessage,
    ProfileLine,
    ProfileVersion,
    PromptVersion,
    Rule,
    SearchHit,
    Summary,
)
from memory.refinements import Candidate, Comparison, Edit, PreferencePair, Reward, VersionEvidence

__all__ = [
    "Candidate",
    "Collection",
    "Comparison",
    "Conversation",
    "DatabaseDamaged",
    "Edit",
    "EmbeddingsUnavailable",
    "Feedback",
    "ForgetPlan",
    "HeldFact",
    "HomeNotWritable",
    "Memory",
    "MemoryEvent",
    "MemoryManager",
    "MemoryStoreError",
    "Message",
    "MessageUse",
    "NameNotUsable",
    "NewMessage",
    "NotFound",
    "PreferencePair",
    "ProfileLine",
    "ProfileVersion",
    "PromptVersion",
    "RerankerMissing",
    "Reward",
    "Rule",
    "SearchHit",
    "Summary",
    "TransferError",
    "VersionEvidence",
    "open_memory",
]
