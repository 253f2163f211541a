import peewee as pw


class Score(pw.Model):
    player = pw.CharField()
    points = pw.IntegerField(default=0)
    season = pw.IntegerField(default=2020)

    class Meta:
        table_name = 'score'
        indexes = ((('player', 'season'), True),)
