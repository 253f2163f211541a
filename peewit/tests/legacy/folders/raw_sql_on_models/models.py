import peewee as pw


class Server(pw.Model):
    host = pw.CharField()
    address = pw.CharField(null=True, max_length=39)
    cores = pw.IntegerField(null=True)

    class Meta:
        table_name = 'machine'
