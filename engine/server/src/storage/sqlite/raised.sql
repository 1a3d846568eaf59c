-- Which thresholds are raised, as {"id": since when in milliseconds since 1970}: an engine that begins anew tells their end.
ALTER TABLE board_thresholds ADD COLUMN raised TEXT NOT NULL DEFAULT '{}';
