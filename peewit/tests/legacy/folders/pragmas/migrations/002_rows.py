def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO parent (name) VALUES ('Anna')")
    migrator.sql("INSERT INTO child (parent_id, name) VALUES (1, 'Bo')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM child')
    migrator.sql('DELETE FROM parent')
