def migrate(migrator, database, fake=False, **kwargs):
    if not fake:
        with open('migrations.log', 'a') as f:
            f.write('003 done\n')


def rollback(migrator, database, fake=False, **kwargs):
    pass
