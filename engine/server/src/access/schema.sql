CREATE TABLE users (
    name     TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    roles    TEXT NOT NULL,
    agent_id TEXT,
    teams    TEXT NOT NULL,
    locked   INTEGER NOT NULL DEFAULT 0,
    made_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    roles      TEXT NOT NULL,
    agent_id   TEXT,
    teams      TEXT NOT NULL,
    made_ms    INTEGER NOT NULL,
    expires_ms INTEGER,
    revoked_ms INTEGER
) STRICT;

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL,
    user       TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    made_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;
