import datetime

import peewee as pw


class Gauge(pw.Model):
    name = pw.CharField(constraints=[pw.SQL("DEFAULT 'none'")])
    low = pw.IntegerField(constraints=[pw.SQL('DEFAULT 0'), pw.Check('low >= 0')])
    high = pw.IntegerField(default=100, constraints=[pw.SQL('DEFAULT 100')])
    seen = pw.DateTimeField(constraints=[pw.SQL('DEFAULT CURRENT_TIMESTAMP')], null=True)
    at = pw.TimeField(null=True)
    stamp = pw.TimestampField(null=True)
    flags = pw.BitField(default=0)
    ip = pw.IPField(null=True)
    unit = pw.FixedCharField(max_length=3, null=True)

    class Meta:
        constraints = [pw.Check('high > low')]
