from app import Alarm


def migrate(migrator, database, fake=False, **kwargs):
    database.create_tables([Alarm])


def rollback(migrator, database, fake=False, **kwargs):
    database.drop_tables([Alarm])
