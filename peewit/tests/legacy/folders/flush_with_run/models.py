import peewee as pw


class Account(pw.Model):
    login = pw.CharField()
    balance = pw.IntegerField()
