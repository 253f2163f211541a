import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Account = migrator.orm['account']
    migrator.add_fields(Account, balance=pw.IntegerField(null=True))
    migrator.run()
    Account.update(balance=0).execute()
    Account.update(balance=100).where(Account.login == 'root').execute()
    migrator.add_not_null(Account, 'balance')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('account', 'balance')
