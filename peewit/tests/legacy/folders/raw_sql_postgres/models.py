import peewee as pw


class MoodField(pw.Field):
    field_type = 'mood'


class Diary(pw.Model):
    id = pw.AutoField()
    entry = pw.TextField()
    score = pw.BigIntegerField(constraints=[pw.SQL('DEFAULT 1')])
    mood = MoodField(null=True)
    changed = pw.DateTimeField(null=True)

    class Meta:
        table_name = 'diary'
