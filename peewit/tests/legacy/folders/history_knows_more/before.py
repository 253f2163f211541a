def prepare(database):
    """What is left of a branch that was thrown away."""
    database.execute_sql('CREATE TABLE migratehistory (id INTEGER NOT NULL PRIMARY KEY, '
                         'name VARCHAR(255) NOT NULL, migrated_at DATETIME NOT NULL)')
    for name in ('001_plant', '002_gone'):
        database.execute_sql("INSERT INTO migratehistory (name, migrated_at) VALUES (?, '2017-05-05 10:00:00')", (name,))
    database.execute_sql('CREATE TABLE plant (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)')
    database.execute_sql("INSERT INTO plant (name) VALUES ('fern')")
    database.close()
