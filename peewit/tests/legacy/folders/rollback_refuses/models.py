import peewee as pw


class Secret(pw.Model):
    hash = pw.CharField()
