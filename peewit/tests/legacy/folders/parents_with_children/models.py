import peewee as pw


class Team(pw.Model):
    name = pw.CharField(max_length=40, unique=True)
    city = pw.CharField(null=True)

    class Meta:
        table_name = 'teams'


class Player(pw.Model):
    team = pw.ForeignKeyField(Team, on_delete='CASCADE')
    name = pw.CharField()
