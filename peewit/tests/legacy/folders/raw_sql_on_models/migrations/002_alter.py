def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('ALTER TABLE server ADD COLUMN cores INTEGER')
    migrator.sql('ALTER TABLE server RENAME COLUMN ip TO address')
    migrator.sql("INSERT INTO server (host, address, cores) VALUES ('db1', '10.0.0.1', 4)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM server')
    migrator.sql('ALTER TABLE server RENAME COLUMN address TO ip')
    migrator.sql('ALTER TABLE server DROP COLUMN cores')
