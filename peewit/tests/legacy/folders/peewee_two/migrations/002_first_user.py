def migrate(migrator, database, fake=False, **kwargs):
    Group, User = migrator.orm['groups'], migrator.orm['users']

    def first():
        try:
            admins = Group.get(Group.title == 'admins')
        except Group.DoesNotExist:
            admins = Group.create(title='admins', level=9)
        User.create(login='admin', group=admins, joined='2015-06-01 12:00:00')
        User.insert_many([
            dict(login='bot', group=admins.id, joined='2015-06-02 12:00:00', points=1),
            dict(login='guest', group=None, joined='2015-06-03 12:00:00', points=2),
        ]).execute()

    migrator.python(first)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql('DELETE FROM users')
    migrator.sql('DELETE FROM groups')
