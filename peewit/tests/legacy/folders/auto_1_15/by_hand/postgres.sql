-- what 1.15 writes it cannot run: add_fields makes the index of a foreign key, and add_index asks for it again
CREATE TABLE author (
    id SERIAL PRIMARY KEY, name VARCHAR(120) NOT NULL, email VARCHAR(255) NOT NULL,
    active BOOLEAN NOT NULL, homepage VARCHAR(255)
);
CREATE UNIQUE INDEX author_email ON author (email);
CREATE TABLE post (
    id SERIAL PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE,
    title VARCHAR(255) NOT NULL, body TEXT, created TIMESTAMP NOT NULL, editor_id INTEGER REFERENCES author (id)
);
CREATE INDEX post_author_id ON post (author_id);
CREATE INDEX post_editor_id ON post (editor_id);
CREATE INDEX post_title ON post (title);
CREATE INDEX post_title_created ON post (title, created);
