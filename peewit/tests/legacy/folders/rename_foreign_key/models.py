import peewee as pw


class Writer(pw.Model):
    name = pw.CharField()


class Essay(pw.Model):
    writer = pw.ForeignKeyField(Writer, backref='essays')
    reviewer = pw.ForeignKeyField(Writer, backref='reviews', null=True, column_name='reviewer_id')
