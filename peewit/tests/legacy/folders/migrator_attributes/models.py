import peewee as pw


class Film(pw.Model):
    title = pw.CharField()
    year = pw.IntegerField(null=True)
    rating = pw.IntegerField(null=True)
    seen = pw.BooleanField(default=False)

    class Meta:
        table_name = 'film'


class Actor(pw.Model):
    name = pw.CharField()
    seen = pw.BooleanField(default=False)

    class Meta:
        table_name = 'actor'
