BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'attune','m001_first_tables','2026-11-21 04:45:19.876584+00:00');
CREATE TABLE conversations (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, persona TEXT NOT NULL,
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL, active_leaf_id TEXT,
            titled_by TEXT NOT NULL DEFAULT 'auto');
INSERT INTO "conversations" VALUES(1,'01M7Y6RMMA217MYPX3SEX03E4Y','Pemba','nova','2026-05-03T09:30:00+00:00','2026-05-03T09:30:00+00:00','01M7Y6RMMCVTJ8288AGZ4229DM','user');
CREATE TABLE embeddings (
            item_id TEXT NOT NULL, item_type TEXT NOT NULL, encoder TEXT NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (item_id, encoder)) WITHOUT ROWID;
CREATE TABLE feedback (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            message_id TEXT NOT NULL UNIQUE REFERENCES messages(id) ON DELETE CASCADE,
            rating INTEGER NOT NULL CHECK (rating IN (1, -1)), reasons TEXT NOT NULL, comment TEXT NOT NULL,
            edit TEXT NOT NULL, created_at TEXT NOT NULL);
INSERT INTO "feedback" VALUES(1,'01M7Y6RMMDZ81VMG6KK9Y9W5AT','01M7Y6RMMCVTJ8288AGZ4229DM',-1,'["too long"]','Shorter.','','2026-05-03T09:30:00+00:00');
CREATE TABLE jobs (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, payload TEXT NOT NULL,
            key TEXT NOT NULL, priority INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '', not_before TEXT NOT NULL, created_at TEXT NOT NULL);
INSERT INTO "jobs" VALUES(1,'01M7Y6RMM6GEJPKYW3W8WB63AH','index','{}','index',8,'queued',0,'','2026-05-03T09:30:00+00:00','2026-05-03T09:30:00+00:00');
CREATE TABLE memories (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, content TEXT NOT NULL, kind TEXT NOT NULL,
            subject TEXT NOT NULL, attribute TEXT NOT NULL, value TEXT NOT NULL, importance REAL NOT NULL,
            created_at TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT, superseded_by TEXT,
            source_message_id TEXT REFERENCES messages(id) ON DELETE SET NULL, origin TEXT NOT NULL,
            sensitivity TEXT NOT NULL DEFAULT '', persona TEXT NOT NULL DEFAULT '');
INSERT INTO "memories" VALUES(1,'01M7Y6RMMCVTJ8288AGZ4229DP','The user''s dog is called Pemba.','semantic','user','dog','Pemba',0.5,'2026-05-03T09:30:00+00:00','2026-05-03T09:30:00+00:00',NULL,NULL,'01M7Y6RMMBY2DACXRESZTBFEBE','user','','');
CREATE TABLE memory_events (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, memory_id TEXT NOT NULL, kind TEXT NOT NULL,
            at TEXT NOT NULL, content TEXT NOT NULL, by TEXT NOT NULL, source_message_id TEXT);
INSERT INTO "memory_events" VALUES(1,'01M7Y6RMMCVTJ8288AGZ4229DQ','01M7Y6RMMCVTJ8288AGZ4229DP','added','2026-05-03T09:30:00+00:00','The user''s dog is called Pemba.','user','01M7Y6RMMBY2DACXRESZTBFEBE');
CREATE TABLE message_uses (
            seq INTEGER PRIMARY KEY, message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            item_type TEXT NOT NULL, item_id TEXT NOT NULL, text TEXT NOT NULL, score REAL NOT NULL DEFAULT 0);
CREATE TABLE messages (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            parent_id TEXT REFERENCES messages(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
            content TEXT NOT NULL, created_at TEXT NOT NULL, persona TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '', prompt_version_id TEXT, status TEXT NOT NULL DEFAULT 'complete',
            reasoning TEXT NOT NULL DEFAULT '', block TEXT NOT NULL DEFAULT '',
            prompt_tokens INTEGER, cached_tokens INTEGER, completion_tokens INTEGER, duration_ms REAL);
INSERT INTO "messages" VALUES(1,'01M7Y6RMMBY2DACXRESZTBFEBE','01M7Y6RMMA217MYPX3SEX03E4Y',NULL,'user','My dog is called Pemba.','2026-05-03T09:30:00+00:00','','',NULL,'complete','','',NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES(2,'01M7Y6RMMCVTJ8288AGZ4229DM','01M7Y6RMMA217MYPX3SEX03E4Y','01M7Y6RMMBY2DACXRESZTBFEBE','assistant','A good name.','2026-05-03T09:30:00+00:00','','',NULL,'complete','','',NULL,NULL,NULL,NULL);
CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "notes" VALUES('demo','1');
CREATE TABLE personas (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE profile_versions (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, lines TEXT NOT NULL, hidden_memory_ids TEXT NOT NULL,
            author TEXT NOT NULL, created_at TEXT NOT NULL);
INSERT INTO "profile_versions" VALUES(1,'01M7Y6RMMDZ81VMG6KK9Y9W5AV','[{"section": "People and pets", "text": "The user''s dog is called Pemba.", "memory_ids": ["01M7Y6RMMCVTJ8288AGZ4229DP"], "author": "facts"}]','[]','facts','2026-05-03T09:30:00+00:00');
CREATE TABLE prompt_versions (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent_id TEXT, rules TEXT NOT NULL,
            state TEXT NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL, decided_at TEXT);
INSERT INTO "prompt_versions" VALUES(1,'01M7Y6RMMDZ81VMG6KK9Y9W5AW',NULL,'[{"id": "r1", "text": "Keep answers short.", "topic": "", "evidence": [], "enabled": true}]','proposed','Twice too long.','2026-05-03T09:30:00+00:00',NULL);
CREATE TABLE summaries (
            seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
            conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            content TEXT NOT NULL, message_ids TEXT NOT NULL, created_at TEXT NOT NULL);
INSERT INTO "summaries" VALUES(1,'01M7Y6RMMDZ81VMG6KK9Y9W5AX','01M7Y6RMMA217MYPX3SEX03E4Y','They spoke of a dog.','["01M7Y6RMMBY2DACXRESZTBFEBE", "01M7Y6RMMCVTJ8288AGZ4229DM"]','2026-05-03T09:30:00+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX messages_by_conversation ON messages(conversation_id, seq);
CREATE INDEX messages_by_parent ON messages(parent_id);
CREATE INDEX message_uses_by_message ON message_uses(message_id);
CREATE INDEX message_uses_by_item ON message_uses(item_id);
CREATE INDEX memories_by_attribute ON memories(subject, attribute);
CREATE INDEX memories_by_source ON memories(source_message_id);
CREATE INDEX memory_events_by_memory ON memory_events(memory_id);
CREATE INDEX jobs_by_state ON jobs(state, priority, seq);
CREATE UNIQUE INDEX jobs_queued_once ON jobs(key) WHERE state = 'queued' AND key != '';
CREATE VIRTUAL TABLE messages_fts USING fts5(body, window, tokenize='porter unicode61');
CREATE VIRTUAL TABLE memories_fts USING fts5(content, tokenize='porter unicode61');
COMMIT;
