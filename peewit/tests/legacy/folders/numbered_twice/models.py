import peewee as pw


class Word(pw.Model):
    text = pw.CharField()
    count = pw.IntegerField(default=0)
    lang = pw.CharField(default='en')
    source = pw.CharField(null=True)
