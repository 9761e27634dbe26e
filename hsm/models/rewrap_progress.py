"""How far a re-wrap has come."""

from django.db import models


class RewrapProgress(models.Model):
    """One table of a run that has not ended: a run that was killed goes on behind ``last_key``.

    ``targets`` names the versions the run renews to. After a rotation they differ, and the table is begun anew.
    """

    table = models.CharField(primary_key=True, max_length=100)
    targets = models.CharField(max_length=200)
    last_key = models.CharField(max_length=64)
    rows_read = models.BigIntegerField()
    is_read = models.BooleanField(default=False)
    """Whether it was read to its end."""
