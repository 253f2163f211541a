import peewee as pw


def migrate(migrator, database, *, fake=False):
    @migrator.create_model
    class Session(pw.Model):
        token = pw.CharField()


def rollback(migrator, database, *, fake=False):
    migrator.remove_model('session')
