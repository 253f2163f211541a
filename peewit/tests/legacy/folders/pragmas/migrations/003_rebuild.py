def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('PRAGMA foreign_keys=off')
    migrator.sql('CREATE TABLE parent_new (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL)')
    migrator.sql('INSERT INTO parent_new (id, name) SELECT id, upper(name) FROM parent')
    migrator.sql('DROP TABLE parent')
    migrator.sql('ALTER TABLE parent_new RENAME TO parent')
    migrator.sql('PRAGMA foreign_keys=on')


def rollback(migrator, database, fake=False, **kwargs):
    pass
