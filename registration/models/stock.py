"""What an office hands out: devices out of its stock, and codes on paper."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.case import ProofingCase
from registration.models.organisation import Office
from registration.states import PaperKind, StockKind, StockState

SERIAL: Final = r"^[A-Z0-9][A-Z0-9._/-]{0,31}$"  # capitals: nobody at a desk types the difference


class StockItem(models.Model):
    """One device of one office's stock (REG-11); its seed is with ``identities``, under the same serial number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="stock")
    serial = models.CharField(max_length=32, unique=True)
    kind = models.TextField(choices=StockKind)
    state = models.TextField(choices=StockState, default=StockState.IN_STOCK)
    stocked_at = models.DateTimeField()
    case = models.ForeignKey(ProofingCase, null=True, on_delete=models.PROTECT, related_name="devices")
    handed_out_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="stock_state_is_known", condition=Q(state__in=StockState.values)),
            models.CheckConstraint(name="stock_kind_is_known", condition=Q(kind__in=StockKind.values)),
            models.CheckConstraint(name="stock_serial_is_a_code", condition=Q(serial__regex=SERIAL)),
            models.CheckConstraint(
                name="stock_is_handed_out_in_a_case",
                condition=Q(
                    state=StockState.HANDED_OUT,
                    case__isnull=False,
                    handed_out_at__isnull=False,
                    handed_out_at__gte=F("stocked_at"),
                )
                | (~Q(state=StockState.HANDED_OUT) & Q(case__isnull=True, handed_out_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["office", "kind", "serial"], name="stock_of_office", condition=Q(state="in_stock"))
        ]


class PaperCode(models.Model):
    """A sheet with an activation code that was printed in a case. The code itself is with ``identities``."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(ProofingCase, on_delete=models.PROTECT, related_name="paper_codes")
    kind = models.TextField(choices=PaperKind)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="paper_code_kind_is_known", condition=Q(kind__in=PaperKind.values))]
