import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    if isinstance(database, pw.SqliteDatabase):
        migrator.sql('CREATE INDEX document_name_lower ON document (lower(name))')
    elif isinstance(database, pw.PostgresqlDatabase):
        migrator.sql('CREATE INDEX document_name_lower ON document (lower(name))')
        migrator.sql("COMMENT ON TABLE document IS 'what people write'")
    else:
        raise NotImplementedError('no MySQL here')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP INDEX document_name_lower')
