import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Owner(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Boat(pw.Model):
        owner = pw.IntegerField(column_name='owner_id')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('boat')
    migrator.remove_model('owner')
