import peewee as pw


class Snippet(pw.Model):
    text = pw.TextField()
