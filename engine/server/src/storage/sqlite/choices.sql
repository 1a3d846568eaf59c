-- Whom people have chosen in calls with a number.
CREATE TABLE choices (
    id       INTEGER PRIMARY KEY,
    number   TEXT NOT NULL,                    -- its fingerprint
    customer BLOB NOT NULL,                    -- the CRM's own id, sealed
    at_ms    INTEGER NOT NULL                  -- since 1970
) STRICT;
CREATE INDEX choices_by_number ON choices (number, id);
