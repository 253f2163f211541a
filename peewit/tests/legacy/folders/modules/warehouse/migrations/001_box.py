import peewee as pw

from warehouse.fields import name as name_field


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Box(pw.Model):
        name = name_field()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('box')
