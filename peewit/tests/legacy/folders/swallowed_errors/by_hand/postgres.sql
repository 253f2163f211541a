-- stock runs on in a transaction PostgreSQL has given up: "current transaction is aborted"
CREATE TABLE ticket (id SERIAL PRIMARY KEY, subject VARCHAR(255) NOT NULL, status VARCHAR(10));
CREATE TABLE reply (id SERIAL PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES ticket (id));
CREATE INDEX reply_ticket_id ON reply (ticket_id);
INSERT INTO ticket (subject) VALUES ('it works');
