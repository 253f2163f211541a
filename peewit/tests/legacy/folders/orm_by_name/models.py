import peewee as pw


class Stage(pw.Model):
    name = pw.CharField()
    updated_by = pw.CharField(null=True)


class Track(pw.Model):
    stage = pw.ForeignKeyField(Stage, null=True)
    length = pw.FloatField(default=0)
    updated_by = pw.CharField(null=True)
