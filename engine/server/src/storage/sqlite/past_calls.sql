-- Calls are listed from the newest to the oldest; of two that began at once, the one with the greater id comes first.
DROP INDEX calls_by_age;
CREATE INDEX calls_by_age ON calls (opened_ms, id);

-- All agents whose call it was, whoever they handed it to. Of calls from before there was this table the last one is known.
CREATE TABLE call_agents (
    agent     TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,                 -- that of the call, for the order
    call      TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    PRIMARY KEY (agent, opened_ms, call)
) STRICT, WITHOUT ROWID;
INSERT INTO call_agents (agent, opened_ms, call) SELECT agent, opened_ms, id FROM calls WHERE agent <> '';
CREATE INDEX call_agents_by_call ON call_agents (call, agent);

-- Alerts are found without looking at all else that a call has told.
CREATE INDEX alerts_by_call ON events (call, id) WHERE kind IN ('alert_raised', 'alert_cleared');
