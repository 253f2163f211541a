import peewee as pw


class Word(pw.Model):
    text = pw.CharField()
    lang = pw.CharField(null=True)
