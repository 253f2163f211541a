import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Diary(pw.Model):
        id = pw.PrimaryKeyField()
        entry = pw.CharField(max_length=100)
        score = pw.IntegerField(null=True)

        class Meta:
            table_name = 'diary'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('diary')
