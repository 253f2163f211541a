import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    if not database.table_exists('note'):
        @migrator.create_model
        class Note(pw.Model):
            text = pw.TextField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DROP TABLE note')
