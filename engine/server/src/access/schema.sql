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

-- Either of a user of this file, who is what that says; or of somebody whom a provider has named (OpenID Connect), who
-- is what it said when they logged in.
CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL,
    user       TEXT REFERENCES users (name) ON DELETE CASCADE,
    name       TEXT,
    roles      TEXT,
    agent_id   TEXT,
    teams      TEXT,
    made_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    CHECK ((user IS NULL) = (name IS NOT NULL AND roles IS NOT NULL AND teams IS NOT NULL))
) STRICT;

-- What was changed of users, tokens and policy, until the audit has it.
CREATE TABLE changes (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms  INTEGER NOT NULL,
    action TEXT NOT NULL,
    what   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
