-- stock builds its operations when they run: the change looks for the later name
CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, full_name VARCHAR(120) NOT NULL, age BIGINT);
CREATE INDEX person_full_name ON person (full_name);
INSERT INTO person (full_name, age) VALUES ('Ada', 36);
