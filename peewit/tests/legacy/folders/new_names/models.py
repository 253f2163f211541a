import peewee as pw


class Member(pw.Model):
    nick = pw.CharField(max_length=60)
    mail = pw.CharField(unique=True)
    karma = pw.IntegerField(default=0)
    bio = pw.TextField(null=True)

    class Meta:
        table_name = "members"
        indexes = ((("nick", "karma"), False),)
