"""How each provider answered, minute by minute: what the choice between them, the live page and the metrics read."""

from datetime import datetime

from django.db import connection, models
from django.db.models import Q

from notifications.states import Channel

SLOTS = 8  # rows a minute and provider, so that workers who count at once do not wait for each other


class ProviderMinute(models.Model):
    """Counts of one provider, channel and minute; the sums over the slots are what counts.

    Units: ``cost_micro`` in millionths of the provider's currency.
    """

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=16)
    channel = models.CharField(max_length=8, choices=[(channel.value, channel.value) for channel in Channel])
    minute = models.DateTimeField()
    slot = models.PositiveSmallIntegerField()
    answered_yes = models.PositiveIntegerField(default=0)
    answered_no = models.PositiveIntegerField(default=0)  # the address does not take it: the provider is well
    failed = models.PositiveIntegerField(default=0)
    slow = models.PositiveIntegerField(default=0)  # among the answers; see rules/health.py
    took_ms_sum = models.BigIntegerField(default=0)
    delivered = models.PositiveIntegerField(default=0)
    undelivered = models.PositiveIntegerField(default=0)
    unknown_reports = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    cost_micro = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="provider_minute_is_one_row_a_slot", fields=["minute", "provider", "channel", "slot"]
            ),
            models.CheckConstraint(name="provider_minute_channel_is_known", condition=Q(channel__in=[*Channel])),
            models.CheckConstraint(name="provider_minute_slot_is_known", condition=Q(slot__lt=SLOTS)),
            models.CheckConstraint(
                name="provider_minute_provider_is_a_code", condition=Q(provider__regex=r"^[a-z][a-z0-9_]{0,15}$")
            ),
            models.CheckConstraint(
                name="provider_minute_sums_are_not_negative", condition=Q(took_ms_sum__gte=0, cost_micro__gte=0)
            ),
        ]

    @classmethod
    def add(cls, *, minute: datetime, provider: str, channel: Channel, slot: int, **counts: int) -> None:
        """Add ``counts`` to a row, making it when it is not there: one statement, so that two never collide."""
        table, names = connection.ops.quote_name(cls._meta.db_table), sorted(counts)
        columns = ["minute", "provider", "channel", "slot", *names]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"  # noqa: S608 - names of our own columns
                " ON CONFLICT (minute, provider, channel, slot) DO UPDATE SET "
                + ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in names),
                [minute, provider, channel, slot, *(counts[name] for name in names)],
            )
