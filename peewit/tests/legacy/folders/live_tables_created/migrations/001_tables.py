from app import Device, Room


def migrate(migrator, database, fake=False, **kwargs):
    """All tables there were when we began to migrate."""
    Room.create_table()
    Device.create_table()


def rollback(migrator, database, fake=False, **kwargs):
    Device.drop_table()
    Room.drop_table()
