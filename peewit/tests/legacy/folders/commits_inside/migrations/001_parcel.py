import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Parcel(pw.Model):
        code = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('parcel')
