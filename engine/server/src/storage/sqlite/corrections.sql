-- What people wrote over words that were misheard. The last word on an utterance counts.
CREATE TABLE corrections (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    call      TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    utterance INTEGER NOT NULL,
    lang      TEXT NOT NULL,                     -- BCP 47
    heard     TEXT NOT NULL,
    meant     TEXT NOT NULL,
    UNIQUE (call, utterance)
) STRICT;
