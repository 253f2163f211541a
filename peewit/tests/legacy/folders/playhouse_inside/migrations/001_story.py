import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_model
    class Story(pw.Model):
        title = pw.CharField()
        pub_date = pw.DateTimeField(null=True)
        old = pw.CharField(null=True)

        class Meta:
            table_name = 'story'


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('story')
