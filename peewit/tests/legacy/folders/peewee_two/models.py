import datetime

import peewee as pw


class Group(pw.Model):
    title = pw.CharField(unique=True)
    level = pw.IntegerField(constraints=[pw.SQL('DEFAULT 0')])

    class Meta:
        table_name = 'groups'


class User(pw.Model):
    login = pw.CharField(column_name='user_login', max_length=64)
    group = pw.ForeignKeyField(Group, backref='users', column_name='grp', null=True, on_delete='SET NULL')
    invited_by = pw.ForeignKeyField('self', backref='invited', null=True)
    joined = pw.DateTimeField(default=datetime.datetime.now)
    points = pw.BigIntegerField(default=0)
    height = pw.DoubleField(null=True)
    photo = pw.BlobField(null=True)

    class Meta:
        table_name = 'users'


class Membership(pw.Model):
    user = pw.ForeignKeyField(User, backref='memberships')
    group = pw.ForeignKeyField(Group, backref='memberships', field='title')
    since = pw.DateField(null=True)

    class Meta:
        table_name = 'membership'
        primary_key = pw.CompositeKey('user', 'group')
