-- the docstrings of stock's files say migrator.ModelClass, and its Migrator has no such attribute
CREATE TABLE lamp (id INTEGER NOT NULL PRIMARY KEY, room VARCHAR(255) NOT NULL, watts INTEGER);
INSERT INTO lamp (room, watts) VALUES ('hall', 40);
