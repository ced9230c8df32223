"""The tables, as a list of migrations that is only ever appended to. Knows SQL; knows no records and no meaning.

Every table of truth has `seq`, so that a row's place survives VACUUM, and `id`, a ULID. FTS5 tables are indexes:
their rows are found by `seq` and can be built again from the tables of truth (`build_fts`).
"""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

migrations = Migrations("attune")

FTS = (
    "CREATE VIRTUAL TABLE messages_fts USING fts5(body, window, tokenize='porter unicode61')",
    "CREATE VIRTUAL TABLE memories_fts USING fts5(content, tokenize='porter unicode61')",
)


@migrations()  # type: ignore[untyped-decorator]
def m001_first_tables(db: Database) -> None:
    for statement in (
        """CREATE TABLE conversations (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, persona TEXT NOT NULL,
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL, active_leaf_id TEXT,
            titled_by TEXT NOT NULL DEFAULT 'auto')""",
        """CREATE TABLE messages (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            parent_id TEXT REFERENCES messages(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
            content TEXT NOT NULL, created_at TEXT NOT NULL, persona TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '', prompt_version_id TEXT, status TEXT NOT NULL DEFAULT 'complete',
            reasoning TEXT NOT NULL DEFAULT '', block TEXT NOT NULL DEFAULT '',
            prompt_tokens INTEGER, cached_tokens INTEGER, completion_tokens INTEGER, duration_ms REAL)""",
        "CREATE INDEX messages_by_conversation ON messages(conversation_id, seq)",
        "CREATE INDEX messages_by_parent ON messages(parent_id)",
        """CREATE TABLE message_uses (
            seq INTEGER PRIMARY KEY, message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            item_type TEXT NOT NULL, item_id TEXT NOT NULL, text TEXT NOT NULL, score REAL NOT NULL DEFAULT 0)""",
        "CREATE INDEX message_uses_by_message ON message_uses(message_id)",
        "CREATE INDEX message_uses_by_item ON message_uses(item_id)",
        """CREATE TABLE memories (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, kind TEXT NOT NULL,
            subject TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL, importance REAL NOT NULL,
            created_at TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT, superseded_by TEXT,
            source_message_id TEXT REFERENCES messages(id) ON DELETE SET NULL, origin TEXT NOT NULL,
            sensitivity TEXT NOT NULL DEFAULT '', persona TEXT NOT NULL DEFAULT '')""",
        "CREATE INDEX memories_by_attribute ON memories(subject, attribute)",
        "CREATE INDEX memories_by_source ON memories(source_message_id)",
        """CREATE TABLE memory_events (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, memory_id TEXT NOT NULL, kind TEXT NOT NULL,
            at TEXT NOT NULL, content TEXT NOT NULL, by TEXT NOT NULL, source_message_id TEXT)""",
        "CREATE INDEX memory_events_by_memory ON memory_events(memory_id)",
        """CREATE TABLE summaries (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            content TEXT NOT NULL, message_ids TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE profile_versions (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, lines TEXT NOT NULL, hidden_memory_ids TEXT NOT NULL,
            author TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE feedback (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            message_id TEXT NOT NULL UNIQUE REFERENCES messages(id) ON DELETE CASCADE,
            rating INTEGER NOT NULL CHECK (rating IN (1, -1)), reasons TEXT NOT NULL, comment TEXT NOT NULL,
            edit TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE prompt_versions (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent_id TEXT, rules TEXT NOT NULL,
            state TEXT NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL, decided_at TEXT)""",
        """CREATE TABLE personas (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE jobs (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, payload TEXT NOT NULL,
            key TEXT NOT NULL, priority INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '', not_before TEXT NOT NULL, created_at TEXT NOT NULL)""",
        "CREATE INDEX jobs_by_state ON jobs(state, priority, seq)",
        "CREATE UNIQUE INDEX jobs_queued_once ON jobs(key) WHERE state = 'queued' AND key != ''",
        """CREATE TABLE embeddings (
            item_id TEXT NOT NULL, item_type TEXT NOT NULL, encoder TEXT NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (item_id, encoder)) WITHOUT ROWID""",
        "CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        *FTS,
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m002_dates_and_held_facts(db: Database) -> None:
    for statement in (
        "ALTER TABLE memories ADD COLUMN occurs_from TEXT",
        "ALTER TABLE memories ADD COLUMN occurs_to TEXT",
        """CREATE TABLE held_facts (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            content TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, attribute TEXT NOT NULL,
            value TEXT NOT NULL, sensitivity TEXT NOT NULL, valid_from TEXT NOT NULL, created_at TEXT NOT NULL,
            declined INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX held_facts_by_message ON held_facts(message_id)",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m003_vectors_of_parts(db: Database) -> None:
    """A long message has several vectors. Messages lose theirs, which were made of three turns, and get new ones."""
    for statement in (
        "ALTER TABLE embeddings RENAME TO embeddings_before",
        """CREATE TABLE embeddings (
            item_id TEXT NOT NULL, item_type TEXT NOT NULL, encoder TEXT NOT NULL, part INTEGER NOT NULL DEFAULT 0,
            vector BLOB NOT NULL, PRIMARY KEY (item_id, encoder, part)) WITHOUT ROWID""",
        """INSERT INTO embeddings (item_id, item_type, encoder, vector)
           SELECT item_id, item_type, encoder, vector FROM embeddings_before WHERE item_type = 'memory'""",
        "DROP TABLE embeddings_before",
        # Counting and looking for gaps must not read the vectors: they are 150 MB at 100,000 messages.
        "CREATE INDEX embeddings_by_encoder ON embeddings(encoder, item_id, part)",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m004_refinement(db: Database) -> None:
    for statement in (
        """CREATE TABLE prompt_candidates (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, batch INTEGER NOT NULL, size INTEGER NOT NULL,
            kind TEXT NOT NULL, text TEXT NOT NULL, target TEXT NOT NULL, topic TEXT NOT NULL, source TEXT NOT NULL,
            evidence TEXT NOT NULL, after TEXT, state TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE prompt_scores (
            candidate_id TEXT NOT NULL REFERENCES prompt_candidates(id) ON DELETE CASCADE,
            message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            scored TEXT NOT NULL, value REAL, sign REAL, model TEXT NOT NULL, base_version_id TEXT, created_at TEXT NOT NULL,
            PRIMARY KEY (candidate_id, message_id, scored)) WITHOUT ROWID""",
        "CREATE INDEX prompt_scores_by_message ON prompt_scores(message_id)",
        """CREATE TABLE preference_pairs (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            better_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            worse_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            source TEXT NOT NULL, created_at TEXT NOT NULL)""",
        """CREATE TABLE version_evidence (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, candidate_id TEXT NOT NULL, score REAL NOT NULL, low REAL NOT NULL,
            high REAL NOT NULL, ratings INTEGER NOT NULL, log_wealth REAL NOT NULL, log_threshold REAL NOT NULL,
            model TEXT NOT NULL, created_at TEXT NOT NULL)""",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m005_unread(db: Database) -> None:
    """Messages that wait to be read for facts: those of a conversation share a job."""
    for statement in (
        """CREATE TABLE unread (
            message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE, reader TEXT NOT NULL,
            conversation_id TEXT NOT NULL, PRIMARY KEY (message_id, reader)) WITHOUT ROWID""",
        "CREATE INDEX unread_by_conversation ON unread(conversation_id)",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m006_collections(db: Database) -> None:
    for statement in (
        """CREATE TABLE collections (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at TEXT NOT NULL)""",
        "ALTER TABLE conversations ADD COLUMN collection_id TEXT REFERENCES collections(id) ON DELETE SET NULL",
        "CREATE INDEX conversations_by_collection ON conversations(collection_id)",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m007_why(db: Database) -> None:
    """Beside what an answer was given with stands what spoke for it."""
    db.conn.execute("ALTER TABLE message_uses ADD COLUMN why TEXT NOT NULL DEFAULT ''")


@migrations()  # type: ignore[untyped-decorator]
def m008_retention(db: Database) -> None:
    db.conn.execute("ALTER TABLE conversations ADD COLUMN keep_days INTEGER")


@migrations()  # type: ignore[untyped-decorator]
def m009_digests(db: Database) -> None:
    """Digests of conversations and months, to be searched: an index over messages and memories."""
    for statement in (
        """CREATE TABLE digests (
            seq INTEGER PRIMARY KEY, span TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, lines TEXT NOT NULL,
            UNIQUE (span, key))""",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m010_vectors_in_rows(db: Database) -> None:
    """Vectors move into a table with row numbers. In one without, each lay on two pages, the second nearly empty, four
    to a step of the tree: 5 kB a vector, and a search that reads 700 of them went down seven steps for each.
    """
    for statement in (
        "DROP INDEX embeddings_by_encoder",
        "ALTER TABLE embeddings RENAME TO embeddings_before",
        """CREATE TABLE embeddings (
            item_id TEXT NOT NULL, item_type TEXT NOT NULL, encoder TEXT NOT NULL, part INTEGER NOT NULL DEFAULT 0,
            vector BLOB NOT NULL, UNIQUE (item_id, encoder, part))""",
        """INSERT INTO embeddings (item_id, item_type, encoder, part, vector)
           SELECT item_id, item_type, encoder, part, vector FROM embeddings_before ORDER BY item_id, encoder, part""",
        "DROP TABLE embeddings_before",
        "CREATE INDEX embeddings_by_encoder ON embeddings(encoder, item_id, part)",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m011_copied(db: Database) -> None:
    """An answer that was copied was of use."""
    db.conn.execute("ALTER TABLE messages ADD COLUMN copied_at TEXT")


@migrations()  # type: ignore[untyped-decorator]
def m012_comparisons(db: Database) -> None:
    """Answers that were written side by side, and what was said of them."""
    db.conn.execute(
        """CREATE TABLE comparisons (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            one_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            other_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            verdict TEXT NOT NULL, created_at TEXT NOT NULL, decided_at TEXT)"""
    )


@migrations()  # type: ignore[untyped-decorator]
def m013_held_as_told(db: Database) -> None:
    """What is held back keeps its days and whom it was told, for when the user says yes."""
    for statement in (
        "ALTER TABLE held_facts ADD COLUMN occurs_from TEXT",
        "ALTER TABLE held_facts ADD COLUMN occurs_to TEXT",
        "ALTER TABLE held_facts ADD COLUMN persona TEXT NOT NULL DEFAULT ''",
    ):
        db.conn.execute(statement)


@migrations()  # type: ignore[untyped-decorator]
def m014_failures(db: Database) -> None:
    """A reply that failed says why."""
    db.conn.execute("ALTER TABLE messages ADD COLUMN failure TEXT NOT NULL DEFAULT ''")


def is_current(connection: sqlite3.Connection) -> bool:
    """True when no migration is wanting."""
    return not migrations.pending(Database(connection))


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database of any earlier version to this one."""
    migrations.apply(Database(connection))


def build_fts(connection: sqlite3.Connection) -> None:
    """Drop the full-text tables and fill them again from the tables of truth. Nothing of the old pages is kept."""
    connection.execute("DROP TABLE IF EXISTS messages_fts")
    connection.execute("DROP TABLE IF EXISTS memories_fts")
    for statement in FTS:
        connection.execute(statement)
    connection.execute(f"{_WINDOWS} WHERE m.content != ''")
    connection.execute("INSERT INTO memories_fts (rowid, content) SELECT seq, content FROM memories")


def index_messages(connection: sqlite3.Connection, conversation_id: str) -> None:
    """The full-text rows of one conversation's messages, old ones replaced."""
    connection.execute(
        "DELETE FROM messages_fts WHERE rowid IN (SELECT seq FROM messages WHERE conversation_id = ?)",
        [conversation_id],
    )
    connection.execute(f"{_WINDOWS} WHERE m.content != '' AND m.conversation_id = ?", [conversation_id])


_WINDOWS = """INSERT INTO messages_fts (rowid, body, window)
    SELECT m.seq, m.content,
           coalesce((SELECT p.content || char(10) FROM messages p WHERE p.id = m.parent_id), '') || m.content
           || coalesce((SELECT char(10) || n.content FROM messages n
                        WHERE n.parent_id = m.id AND n.content != '' ORDER BY n.seq DESC LIMIT 1), '')
    FROM messages m"""
