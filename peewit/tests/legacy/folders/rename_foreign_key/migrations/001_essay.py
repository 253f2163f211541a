import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Writer(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Essay(pw.Model):
        author = pw.ForeignKeyField(Writer, backref='essays')
        critic = pw.ForeignKeyField(Writer, backref='reviews', null=True)

    migrator.sql("INSERT INTO writer (name) VALUES ('Woolf')")
    migrator.sql("INSERT INTO essay (author_id) VALUES (1)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('essay')
    migrator.remove_model('writer')
