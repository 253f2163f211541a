def prepare(database):
    """Two developers, one database."""
    database.execute_sql('CREATE TABLE migratehistory (id INTEGER NOT NULL PRIMARY KEY, '
                         'name VARCHAR(255) NOT NULL, migrated_at DATETIME NOT NULL)')
    for name in ('001_plant', '001_plant'):
        database.execute_sql("INSERT INTO migratehistory (name, migrated_at) VALUES (?, '2017-05-05 10:00:00')", (name,))
    database.execute_sql('CREATE TABLE plant (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)')
    database.execute_sql("INSERT INTO plant (name) VALUES ('fern')")
    if hasattr(database, 'commit') and not database.is_closed():
        database.close()
