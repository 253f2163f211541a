import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Car(pw.Model):
        plate = pw.CharField(unique=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('car')
