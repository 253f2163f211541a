def migrate(migrator, database, fake=False, **kwargs):
    if fake:
        return
    City = migrator.orm['city']
    City.update(population=195000).where(City.name == 'Turku').execute()


def rollback(migrator, database, fake=False, **kwargs):
    pass
