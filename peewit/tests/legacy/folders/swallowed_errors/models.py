import peewee as pw


class Ticket(pw.Model):
    subject = pw.CharField()
    status = pw.CharField(null=True, max_length=10)


class Reply(pw.Model):
    ticket = pw.ForeignKeyField(Ticket)
