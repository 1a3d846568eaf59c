-- Calls as they are described when they are opened, and what became of them.
CREATE TABLE calls (
    id          TEXT PRIMARY KEY,
    agent       TEXT NOT NULL,
    caller      TEXT NOT NULL DEFAULT '',
    callee      TEXT NOT NULL DEFAULT '',
    direction   TEXT NOT NULL DEFAULT 'unknown',
    languages   TEXT NOT NULL DEFAULT '[]',     -- JSON list of codes
    metadata    TEXT NOT NULL DEFAULT '{}',     -- JSON object
    opened_ms   INTEGER NOT NULL,               -- since 1970, as all times here
    ended_ms    INTEGER,                        -- nobody speaks any more
    closed_ms   INTEGER,                        -- wrapped up: summary stored, note in the outbox
    customer_id TEXT,
    customer    TEXT,                           -- JSON
    summary     TEXT                            -- JSON
) STRICT;
CREATE INDEX calls_unfinished ON calls (opened_ms) WHERE closed_ms IS NULL;
CREATE INDEX calls_by_age ON calls (opened_ms);

-- What the calls told, without partials. Ids only rise: an index that has read as far as one goes on
-- behind it.
CREATE TABLE events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    call     TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    role     TEXT,
    start_ms INTEGER NOT NULL,                  -- on the call's timeline
    end_ms   INTEGER NOT NULL,
    wall_ms  INTEGER NOT NULL,
    json     TEXT NOT NULL                      -- the event as subscribers get it
) STRICT;
CREATE INDEX events_by_call ON events (call, id);

-- Calls that are no longer kept, so that an index can forget them too.
CREATE TABLE forgotten (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    call TEXT NOT NULL
) STRICT;

-- Whether a card helped. It counts for the article when the call is long forgotten.
CREATE TABLE feedback (
    call       TEXT REFERENCES calls (id) ON DELETE SET NULL,
    utterance  INTEGER NOT NULL,
    article_id TEXT NOT NULL,
    useful     INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    UNIQUE (call, utterance, article_id)
) STRICT;

CREATE TABLE acknowledgements (
    call   TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    alert  INTEGER NOT NULL,
    by_who TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (call, alert)
) STRICT;

-- What the CRM is owed: one note per call, which does not go with its call.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    call       TEXT NOT NULL UNIQUE,
    note       TEXT NOT NULL,                   -- JSON
    state      TEXT NOT NULL DEFAULT 'waiting'
               CHECK (state IN ('waiting', 'in_flight', 'delivered', 'dead')),
    created_ms INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,                -- tried since; a person's retry starts anew
    due_ms     INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    reason     TEXT NOT NULL DEFAULT '',        -- of the last failure
    settled_ms INTEGER                          -- delivered, or dead
) STRICT;
CREATE INDEX outbox_by_due ON outbox (state, due_ms, id);

-- How far a note has come. A step without a CRM id was begun, and nobody knows whether it got through.
CREATE TABLE outbox_steps (
    note     INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    step     TEXT NOT NULL,
    begun_ms INTEGER NOT NULL,
    crm_id   TEXT,
    PRIMARY KEY (note, step)
) STRICT;
