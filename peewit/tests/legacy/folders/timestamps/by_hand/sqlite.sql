-- stock passes over files whose number has not exactly three digits
CREATE TABLE word (id INTEGER NOT NULL PRIMARY KEY, text VARCHAR(255) NOT NULL, lang VARCHAR(255));
