-- stock rebuilds the parent by dropping it, and ON DELETE CASCADE empties its children
CREATE TABLE teams (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, city VARCHAR(255));
CREATE UNIQUE INDEX team_name ON teams (name);
CREATE TABLE player (
    id INTEGER NOT NULL PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    name VARCHAR(255) NOT NULL
);
CREATE INDEX player_team_id ON player (team_id);
INSERT INTO teams (name, city) VALUES ('Reds', 'Oslo');
INSERT INTO player (team_id, name) VALUES (1, 'Kim');
