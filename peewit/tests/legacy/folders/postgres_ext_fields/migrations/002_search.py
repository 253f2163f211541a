import peewee as pw
import playhouse.postgres_ext as pw_pext


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('message', search=pw_pext.TSVectorField(null=True), score=pw.DoubleField(null=True))
    migrator.sql("INSERT INTO message (payload, tags) VALUES ('{\"a\": 1}', '{x,y}')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('message', 'search', 'score')
    migrator.sql('DELETE FROM message')
