import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.sql("INSERT INTO person (name, years) VALUES ('Ada', 36)")
    migrator.change_fields('person', name=pw.CharField(max_length=120))
    migrator.rename_field('person', 'name', 'full_name')
    migrator.add_index('person', 'full_name')
    migrator.rename_field('person', 'years', 'age')
    migrator.change_fields('person', age=pw.BigIntegerField(null=True))


def rollback(migrator, database, *, fake=False):
    migrator.change_fields('person', age=pw.IntegerField())
    migrator.rename_field('person', 'age', 'years')
    migrator.drop_index('person', 'full_name')
    migrator.rename_field('person', 'full_name', 'name')
    migrator.change_fields('person', name=pw.CharField(max_length=80))
