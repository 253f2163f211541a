import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    database.execute_sql('PRAGMA foreign_keys = ON')

    @migrator.create_model
    class Parent(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Child(pw.Model):
        parent = pw.ForeignKeyField(Parent, on_delete='CASCADE')
        name = pw.CharField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('child')
    migrator.remove_model('parent')
