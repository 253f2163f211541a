-- stock ignores cascade on SQLite: it leaves a reference to a table that is gone, and no row can be written any more
CREATE TABLE part (id INTEGER NOT NULL PRIMARY KEY, maker_id INTEGER NOT NULL, name VARCHAR(255) NOT NULL);
CREATE INDEX part_maker_id ON part (maker_id);
INSERT INTO part (maker_id, name) VALUES (1, 'cog');
