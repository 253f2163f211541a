import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Plant(pw.Model):
        name = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('plant')
