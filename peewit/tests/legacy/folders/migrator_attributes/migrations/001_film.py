import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Film(pw.Model):
        title = pw.CharField()

        class Meta:
            table_name = 'film'

    @migrator.create_model
    class Actor(pw.Model):
        name = pw.CharField()

        class Meta:
            table_name = 'actor'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model(migrator.orm['actor'])
    migrator.remove_model(migrator.orm['film'])
