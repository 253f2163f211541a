import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Invoice(pw.Model):
        number = pw.CharField(max_length=20, null=True)
        currency = pw.CharField(max_length=3, null=True)
        total = pw.DecimalField(max_digits=10, decimal_places=2, null=True)
        paid = pw.DateField()


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('invoice')
