import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    @migrator.create_table
    class Client(pw.Model):
        name = pw.CharField(max_length=80)
        phone = pw.CharField(max_length=30)
        fax = pw.CharField(max_length=30, null=True)
        age = pw.IntegerField(null=True)

    @migrator.create_table
    class Scratch(pw.Model):
        data = pw.TextField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.drop_table('scratch', cascade=False)
    migrator.drop_table('client', cascade=False)
