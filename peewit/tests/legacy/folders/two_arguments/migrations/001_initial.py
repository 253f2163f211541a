import peewee as pw


def migrate(migrator, database):

    class Note(pw.Model):
        text = pw.TextField()

    migrator.create_table(Note)


def rollback(migrator, database):
    migrator.drop_table(migrator.orm['note'])
