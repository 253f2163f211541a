import peewee as pw


class Item(pw.Model):
    name = pw.CharField()
    slug = pw.CharField(default='')
