import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Account(pw.Model):
        login = pw.CharField()

    migrator.run()
    Account.create(login='root')
    Account.create(login='guest')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('account')
