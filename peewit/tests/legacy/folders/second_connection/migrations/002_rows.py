def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("INSERT INTO bookmark (url) VALUES ('http://example.org')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM bookmark')
