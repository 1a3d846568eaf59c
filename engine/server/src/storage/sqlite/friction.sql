-- What hurts people, as they report it: no words, and nobody's name.
CREATE TABLE friction (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms     INTEGER NOT NULL,                 -- since 1970
    version   TEXT NOT NULL,                    -- of the engine
    kind      TEXT NOT NULL,
    page      TEXT NOT NULL,
    call      TEXT,
    utterance INTEGER,
    subject   TEXT,                             -- an article or a rule
    engine_ms INTEGER,
    desk_ms   INTEGER,
    undo      TEXT NOT NULL                     -- whoever knows it may take the report back
) STRICT;
