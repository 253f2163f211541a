-- stock looks for the file of every row of the history
CREATE TABLE migratehistory (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO migratehistory (name) VALUES ('001_plant'), ('002_gone');
CREATE TABLE plant (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL);
INSERT INTO plant (name) VALUES ('fern');
