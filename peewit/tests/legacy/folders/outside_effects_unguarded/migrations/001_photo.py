import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Photo(pw.Model):
        path = pw.CharField()

    migrator.sql("INSERT INTO photo (path) VALUES ('a.jpg')")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('photo')
