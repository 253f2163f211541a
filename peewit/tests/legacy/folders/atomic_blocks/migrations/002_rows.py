def migrate(migrator, database, fake=False, **kwargs):
    if fake:
        return
    with database.transaction():
        database.execute_sql("INSERT INTO ledger (account, amount) VALUES ('cash', 5)")
    with database.atomic() as txn:
        database.execute_sql("INSERT INTO ledger (account, amount) VALUES ('lost', 6)")
        txn.rollback()
    with database.savepoint():
        database.execute_sql("INSERT INTO ledger (account, amount) VALUES ('bank', 7)")


def rollback(migrator, database, fake=False, **kwargs):
    with database.atomic():
        database.execute_sql('DELETE FROM ledger')
