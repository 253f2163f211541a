import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    class ScoreNew(pw.Model):
        player = pw.CharField()
        points = pw.IntegerField(default=0)
        season = pw.IntegerField(default=2020)

        class Meta:
            table_name = 'score_new'
            indexes = ((('player', 'season'), True),)

    migrator.create_model(ScoreNew)
    migrator.sql('INSERT INTO score_new (player, points, season) SELECT player, CAST(points AS INTEGER), 2020 FROM score')
    migrator.sql('DROP TABLE score')
    migrator.sql('ALTER TABLE score_new RENAME TO score')


def rollback(migrator, database, fake=False, **kwargs):
    pass
