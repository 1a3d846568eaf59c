-- What people said and who they are is sealed from here on. The keys that seal it lie here, wrapped by the master keys,
-- which do not: one for each call ('call/ID'), one for its note ('note/ID'), and one for each of the others.
CREATE TABLE data_keys (
    name    TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT;

-- Columns that hold sealed bytes now, and text where they were written before. What is in the tables stays as it is
-- (https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(replace(replace(replace(sql,
    'caller      TEXT NOT NULL', 'caller      ANY NOT NULL'),
    'callee      TEXT NOT NULL', 'callee      ANY NOT NULL'),
    'metadata    TEXT NOT NULL', 'metadata    ANY NOT NULL'),
    'customer_id TEXT', 'customer_id ANY'),
    'customer    TEXT', 'customer    ANY'),
    'summary     TEXT', 'summary     ANY')
WHERE type = 'table' AND name = 'calls';
UPDATE sqlite_schema SET sql = replace(sql, 'json     TEXT NOT NULL', 'json     ANY NOT NULL')
WHERE type = 'table' AND name = 'events';
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'heard     TEXT NOT NULL', 'heard     ANY NOT NULL'),
    'meant     TEXT NOT NULL', 'meant     ANY NOT NULL')
WHERE type = 'table' AND name = 'corrections';
UPDATE sqlite_schema SET sql = replace(sql, 'by_who TEXT NOT NULL', 'by_who ANY NOT NULL')
WHERE type = 'table' AND name = 'acknowledgements';
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'note       TEXT NOT NULL', 'note       ANY NOT NULL'),
    'reason     TEXT NOT NULL', 'reason     ANY NOT NULL')
WHERE type = 'table' AND name = 'outbox';
-- The CRM that comes with the program, where it has been used.
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    'name        TEXT', 'name        ANY'),
    'email       TEXT', 'email       ANY'),
    'preferences TEXT', 'preferences ANY')
WHERE type = 'table' AND name = 'crm_contacts';
UPDATE sqlite_schema SET sql = replace(replace(replace(sql,
    'phone   TEXT', 'phone   ANY'),
    'title   TEXT', 'title   ANY'),
    'body    TEXT', 'body    ANY')
WHERE type = 'table' AND name = 'crm_tickets';
UPDATE sqlite_schema SET sql = replace(sql, 'title  TEXT', 'title  ANY') WHERE type = 'table' AND name = 'crm_tasks';
UPDATE sqlite_schema SET sql = replace(sql, 'about   TEXT', 'about   ANY')
WHERE type = 'table' AND name = 'crm_interactions';
PRAGMA writable_schema = RESET;
