import peewee as pw


class Shelf(pw.Model):
    name = pw.CharField()


class Book(pw.Model):
    title = pw.CharField()
