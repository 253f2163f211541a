import peewee as pw


def name():
    return pw.CharField(max_length=33)
