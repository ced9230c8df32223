"""Collections: conversations that belong together, like those of one project. Knows the store; decides nothing.

A conversation is in one collection or in none. Deleting a collection deletes no conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from memory.errors import NameNotUsable, NotFound
from memory.records import Conversation
from memory.store import Store, clean_text

MAX_NAME = 80


@dataclass(frozen=True, kw_only=True)
class Collection:
    id: str
    name: str
    created_at: datetime


class Collections:
    """The collections in one home's database."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def all(self) -> list[Collection]:
        """In order of name."""
        return sorted(self._store.select("collections", Collection), key=lambda found: (key_of(found.name), found.id))

    def find(self, wanted: str) -> Collection | None:
        """By identifier or by name; a name in any case, and with hyphens for its spaces."""
        by_id = self._store.find("collections", Collection, wanted)
        return by_id or next((c for c in self.all() if key_of(c.name) == key_of(wanted)), None)

    def get(self, wanted: str) -> Collection:
        """As `find`.

        Raises:
            NotFound
        """
        found = self.find(wanted)
        if found is None:
            raise NotFound("collection", wanted)
        return found

    def create(self, name: str) -> Collection:
        """The collection of that name, made when there is none.

        Raises:
            NameNotUsable: the name holds no letter or digit.
        """
        name = _name(name)
        known = self.find(name)
        if known is not None:
            return known
        made = Collection(id=str(ULID()), name=name, created_at=self._clock())
        self._store.insert("collections", made)
        return made

    def rename(self, wanted: str, name: str) -> Collection:
        """Raises NotFound; NameNotUsable: the name is empty or another's."""
        collection, name = self.get(wanted), _name(name)
        other = self.find(name)
        if other is not None and other.id != collection.id:
            raise NameNotUsable(f"There is a collection “{other.name}” already. Choose another name.")
        self._store.change("collections", collection.id, name=name)
        return self.get(collection.id)

    def delete(self, wanted: str) -> Collection:
        """Its conversations stay, in no collection. Raises NotFound."""
        collection = self.get(wanted)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM collections WHERE id = ?", [collection.id])
        return collection

    def put(self, conversation_id: str, wanted: str | None) -> None:
        """Put a conversation into a collection, out of any other; None takes it out. Raises NotFound."""
        if self._store.find("conversations", Conversation, conversation_id) is None:
            raise NotFound("conversation", conversation_id)
        collection = None if wanted is None else self.get(wanted).id
        self._store.change("conversations", conversation_id, collection_id=collection)

    def conversations(self, wanted: str) -> list[Conversation]:
        """Those in it, last spoken in first. Raises NotFound."""
        where = "collection_id = ? ORDER BY updated_at DESC, id DESC"
        return self._store.select("conversations", Conversation, where, [self.get(wanted).id])


def key_of(name: str) -> str:
    """What two names have in common that are one and the same: "Garden 2026" is `garden-2026`."""
    return "-".join(name.casefold().replace("-", " ").split())


def _name(name: str) -> str:
    name = " ".join(clean_text(name).split())[:MAX_NAME].strip()
    if not any(character.isalnum() for character in name):
        raise NameNotUsable("A collection needs a name. Give it a word.")
    return name
