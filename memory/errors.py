"""The errors of memory. Each message says what to do about it.

MemoryStoreError
├── HomeNotWritable          the home folder cannot be made or written
├── DatabaseDamaged          attune.db is not a database, or fails its check
├── NotFound                 no row with that identifier or name
├── EmbeddingsUnavailable    the encoder's package is missing or altered
├── TransferError            a zip that is not an export, or is damaged
├── NoSuchDay                not a day, or the last before the first
└── CannotMerge              memories that cannot become one, or one that cannot become several
"""

from __future__ import annotations


class MemoryStoreError(Exception):
    """Base of the errors that memory raises. `str(error)` is meant for the user."""


class HomeNotWritable(MemoryStoreError): ...


class DatabaseDamaged(MemoryStoreError): ...


LISTED_BY = {
    "collection": "`attune collection list`",
    "conversation": "`attune memory search WORDS --json`",
    "held fact": "`attune memory held`",
    "memory": "`attune memory list --all`",
    "message": "`attune memory search WORDS --json`",
    "profile version": "`attune profile versions`",
    "rule version": "`attune rules list`",
}
"""What of each kind there is, told by which command."""


class NotFound(MemoryStoreError):
    def __init__(self, kind: str, identifier: str) -> None:
        self.kind, self.identifier = kind, identifier
        super().__init__(f"There is no {kind} “{identifier}”. {LISTED_BY[kind]} shows which there are.")


class NameNotUsable(MemoryStoreError): ...


class EmbeddingsUnavailable(MemoryStoreError): ...


class RerankerMissing(MemoryStoreError): ...


class TransferError(MemoryStoreError): ...


class NoSuchDay(MemoryStoreError): ...


class CannotMerge(MemoryStoreError): ...
