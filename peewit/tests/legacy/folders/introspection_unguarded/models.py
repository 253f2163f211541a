import peewee as pw


class Note(pw.Model):
    text = pw.TextField()
    color = pw.CharField(default='yellow', constraints=[pw.SQL("DEFAULT 'yellow'")])
    archived = pw.SmallIntegerField(default=0, constraints=[pw.SQL('DEFAULT 0')])
