-- The last wall time that was believed. Old calls are forgotten by the clock, and only by one that has not leapt.
CREATE TABLE clock (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    seen_ms INTEGER NOT NULL                    -- since 1970
) STRICT;
