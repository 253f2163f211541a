-- stock cannot add a foreign key to a column of SQLite: NotImplementedError
CREATE TABLE owner (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL);
CREATE TABLE boat (
    id INTEGER NOT NULL PRIMARY KEY,
    owner_id INTEGER NOT NULL REFERENCES owner (id) ON DELETE CASCADE ON UPDATE RESTRICT
);
