from app import Device, Room


def migrate(migrator, database, fake=False, **kwargs):
    if not fake:
        with database.atomic():
            kitchen = Room.create(name='kitchen')
            Device.create(room=kitchen, serial='A1')


def rollback(migrator, database, fake=False, **kwargs):
    Device.delete().execute()
    Room.delete().execute()
