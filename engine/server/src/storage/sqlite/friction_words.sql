-- What people say about what hurts them, sealed, and whether the words of the call may go with it.
ALTER TABLE friction ADD COLUMN comment BLOB;
ALTER TABLE friction ADD COLUMN with_words INTEGER NOT NULL DEFAULT 0;
