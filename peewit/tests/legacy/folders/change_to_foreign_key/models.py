import peewee as pw


class Owner(pw.Model):
    name = pw.CharField()


class Boat(pw.Model):
    owner = pw.ForeignKeyField(Owner, column_name='owner_id', on_delete='CASCADE', on_update='RESTRICT', index=False)
