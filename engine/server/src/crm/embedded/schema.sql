-- What calls have left in the CRM that comes with the program. It lies beside the tables of the store and refers to none of them. Columns of
-- ANY are sealed.
CREATE TABLE IF NOT EXISTS crm_tickets (
    id      INTEGER PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE,
    contact TEXT REFERENCES crm_contacts (id),
    phone   ANY,
    title   ANY NOT NULL,
    body    ANY NOT NULL,
    status  TEXT NOT NULL,
    urgent  INTEGER NOT NULL,
    agent   TEXT NOT NULL,
    opened  TEXT NOT NULL,                      -- day
    disposition TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS crm_tickets_by_contact ON crm_tickets (contact);
CREATE TABLE IF NOT EXISTS crm_tasks (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    ticket INTEGER NOT NULL REFERENCES crm_tickets (id),
    kind   TEXT NOT NULL,
    title  ANY NOT NULL,
    due    TEXT NOT NULL,                       -- day; empty if nobody can tell
    done_ms INTEGER                             -- since 1970; none while it is to be done
) STRICT;
CREATE TABLE IF NOT EXISTS crm_interactions (
    id      INTEGER PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE,
    contact TEXT REFERENCES crm_contacts (id),
    ticket  INTEGER REFERENCES crm_tickets (id),
    day     TEXT NOT NULL,
    channel TEXT NOT NULL,
    about   ANY NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS crm_interactions_by_contact ON crm_interactions (contact);
