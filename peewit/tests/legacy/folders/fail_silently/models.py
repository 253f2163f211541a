import peewee as pw


class Poll(pw.Model):
    question = pw.CharField()


class Vote(pw.Model):
    poll = pw.ForeignKeyField(Poll, backref='votes')
    choice = pw.IntegerField(default=0)
