import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Note(pw.Model):
        text = pw.TextField()

    migrator.sql("INSERT INTO ops.machine (name) VALUES ('m1')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DELETE FROM ops.machine")
    migrator.remove_model('note')
