-- Recordings of calls: what there is, and how it is read. The sound lies in files, sealed with a key of its own
-- ('recording/CALL'), so that it can be forgotten before its call.
CREATE TABLE recordings (
    call          TEXT PRIMARY KEY,
    class         TEXT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'whole', 'cut')),
    file          TEXT NOT NULL UNIQUE,
    samples       INTEGER NOT NULL DEFAULT 0,   -- of each side, once it is closed
    bytes         INTEGER NOT NULL DEFAULT 0,   -- of its frames, once it is closed
    began_ms      INTEGER NOT NULL,
    keep_until_ms INTEGER,                      -- as long as its call, if not told
    points        ANY,                          -- sealed: where players leap to
    silent        ANY                           -- sealed: what is to be silenced before anybody hears it
) STRICT;
CREATE INDEX recordings_by_end ON recordings (keep_until_ms) WHERE keep_until_ms IS NOT NULL;
CREATE INDEX recordings_unclosed ON recordings (call) WHERE state = 'open';

-- Files whose recordings are forgotten and that are not removed yet.
CREATE TABLE recordings_gone (
    file TEXT PRIMARY KEY
) STRICT;

-- Calls that are kept whatever their age, and that nobody erases.
CREATE TABLE holds (
    call     TEXT PRIMARY KEY REFERENCES calls (id) ON DELETE CASCADE,
    since_ms INTEGER NOT NULL,
    by_who   ANY NOT NULL,
    reason   ANY NOT NULL
) STRICT;
