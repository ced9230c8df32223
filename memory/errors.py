"""The errors of memory. Each message says what to do about it.

MemoryStoreError
├── HomeNotWritable          the home folder cannot be made or written
├── DatabaseDamaged          attune.db is not a database, or fails its check
├── NotFound                 no row with that identifier
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


class NotFound(MemoryStoreError):
    def __init__(self, kind: str, identifier: str) -> None:
        self.kind, self.identifier = kind, identifier
        super().__init__(f"There is no {kind} with the identifier “{identifier}”. List them to see which there are.")


class NameNotUsable(MemoryStoreError): ...


class EmbeddingsUnavailable(MemoryStoreError): ...


class RerankerMissing(MemoryStoreError): ...


class TransferError(MemoryStoreError): ...


class NoSuchDay(MemoryStoreError): ...


class CannotMerge(MemoryStoreError): ...
