-- How far another CRM was read, whose customers these are.
CREATE TABLE IF NOT EXISTS crm_mirror (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    progress TEXT NOT NULL                     -- JSON
) STRICT;
