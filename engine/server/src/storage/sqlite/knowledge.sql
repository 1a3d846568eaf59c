-- What articles and rules said, as people have published them: a file's text, or none where it was removed. What was
-- edited by hand meanwhile is kept as it was found.
CREATE TABLE knowledge_versions (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT NOT NULL CHECK (kind IN ('articles', 'rules')),
    name   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,                    -- since 1970
    by_who TEXT NOT NULL,                       -- empty if it was found
    note   TEXT NOT NULL,
    digest TEXT NOT NULL,                       -- SHA-256 of the text; empty if there is none
    text   TEXT
) STRICT;
CREATE INDEX knowledge_versions_by_file ON knowledge_versions (kind, name, id);
