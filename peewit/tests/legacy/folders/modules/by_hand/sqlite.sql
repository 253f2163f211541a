-- stock's ModuleRouter has no list of its modules: NotImplementedError
CREATE TABLE box (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(33) NOT NULL, weight REAL);
