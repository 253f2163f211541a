import datetime

import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Group(pw.Model):
        id = pw.PrimaryKeyField()
        title = pw.CharField(unique=True)
        level = pw.IntegerField(constraints=[pw.SQL('DEFAULT 0')])

        class Meta:
            db_table = 'groups'
            order_by = ('title',)

    @migrator.create_model
    class User(pw.Model):
        id = pw.PrimaryKeyField()
        login = pw.CharField(db_column='user_login', max_length=64)
        group = pw.ForeignKeyField(rel_model=migrator.orm['groups'], related_name='users', to_field='id',
                                   db_column='grp', null=True, on_delete='SET NULL')
        invited_by = pw.ForeignKeyField('self', related_name='invited', null=True)
        joined = pw.DateTimeField(default=datetime.datetime.now)
        points = pw.BigIntegerField(default=0)
        height = pw.DoubleField(null=True)
        photo = pw.BlobField(null=True)

        class Meta:
            db_table = 'users'
            only_save_dirty = True

    @migrator.create_model
    class Membership(pw.Model):
        user = pw.ForeignKeyField(User, related_name='memberships')
        group = pw.ForeignKeyField(Group, related_name='memberships', to_field='title')
        since = pw.DateField(null=True)

        class Meta:
            db_table = 'membership'
            primary_key = pw.CompositeKey('user', 'group')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('membership')
    migrator.remove_model('users')
    migrator.remove_model('groups')
