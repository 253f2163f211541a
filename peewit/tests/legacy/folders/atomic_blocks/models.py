import peewee as pw


class Ledger(pw.Model):
    account = pw.CharField()
    amount = pw.IntegerField()
    checked = pw.BooleanField(default=False)
