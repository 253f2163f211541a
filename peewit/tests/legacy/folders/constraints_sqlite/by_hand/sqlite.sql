-- stock cannot add a constraint on SQLite: ALTER TABLE ... ADD CONSTRAINT is a syntax error there
CREATE TABLE booking (
    id INTEGER NOT NULL PRIMARY KEY, seat INTEGER NOT NULL, price INTEGER NOT NULL,
    CONSTRAINT booking_price CHECK (price > 0)
);
