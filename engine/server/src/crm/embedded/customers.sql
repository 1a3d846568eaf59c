-- Customers. Columns of ANY are sealed.
CREATE TABLE IF NOT EXISTS crm_contacts (
    id         TEXT PRIMARY KEY,
    record     ANY NOT NULL,                    -- JSON: name, phones, email, tier, preferences
    revision   INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL                 -- since 1970
) STRICT;
CREATE TABLE IF NOT EXISTS crm_numbers (
    phone   TEXT NOT NULL,                      -- the fingerprint of its E.164
    contact TEXT NOT NULL REFERENCES crm_contacts (id) ON DELETE CASCADE,
    PRIMARY KEY (phone, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS crm_numbers_by_contact ON crm_numbers (contact);
-- What customers are found by beside their numbers: names, their ids, the numbers among their preferences.
CREATE TABLE IF NOT EXISTS crm_clues (
    clue    TEXT NOT NULL,                      -- a fingerprint
    contact TEXT NOT NULL REFERENCES crm_contacts (id) ON DELETE CASCADE,
    PRIMARY KEY (clue, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS crm_clues_by_contact ON crm_clues (contact);
