-- Notes may be reviewed before the CRM has them. `taken` counts how often one was taken to be written, `revision` how
-- often its text was changed. Those that are here already were never for review.
ALTER TABLE outbox ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET taken = 1;
