import peewee as pw


class Note(pw.Model):
    text = pw.TextField()
    pinned = pw.BooleanField(default=False)
