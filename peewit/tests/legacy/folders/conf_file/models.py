import peewee as pw


class Car(pw.Model):
    plate = pw.CharField(unique=True)
    color = pw.CharField(default='red')
