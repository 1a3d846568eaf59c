-- The board: what figures were by the hour, for weeks, and the thresholds that somebody has set on them.
CREATE TABLE board_hours (
    hour INTEGER NOT NULL,
    figure TEXT NOT NULL,
    sum REAL NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (hour, figure)
) WITHOUT ROWID;
CREATE TABLE board_thresholds (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL,
    thresholds TEXT NOT NULL
);
INSERT INTO board_thresholds VALUES (1, 0, '[]');
