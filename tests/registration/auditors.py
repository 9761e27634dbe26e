"""What the tests of the auditor's wing have in common: events, seals over them, an auditor."""

from django.db import connection, transaction

from audit.api import Actor, ActorKind, EventKind, record
from audit.models import AuditEvent, AuditSeal, AuditVerification
from registration.states import OfficerRole
from tests.factories.registration import an_office, an_officer_of


def an_auditor(*, now, office=None, days=364):
    return an_officer_of(office or an_office(now=now), now=now, role=OfficerRole.AUDITOR, days=days)


def of_officer(officer):
    return Actor(ActorKind.OFFICER, officer.id, officer.office.id, officer.office.organisation_id)


def happened(*, at, subject=None, actor=None, kind=EventKind.LOGIN_SUCCEEDED, facts=None):
    """Record an event, and give its id."""
    with transaction.atomic():
        return record(kind=kind, actor=actor or Actor.system(), subject_id=subject, at=at, facts=facts or {})


def no_id():
    """Draw an id that no row bears, as a transaction that rolls back does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('audit_auditevent_id_seq')")
        return cursor.fetchone()[0]


def sealed(*, number, last_id, at, first_id=None, missing=(), late=(), rows=1):
    """Put a seal there; what is signed does not matter to those who only list it."""
    before = AuditSeal.objects.filter(number=number - 1).first()
    return AuditSeal.objects.create(
        number=number,
        at=at,
        first_id=first_id or (before.last_id + 1 if before else 1),
        last_id=last_id,
        row_count=rows,
        missing=[list(gap) for gap in missing],
        late=list(late),
        rows_digest=bytes(32),
        previous=before.hash if before else bytes(32),
        hash=number.to_bytes(32, "big"),
        signatures=[{"key": "log-seal", "version": 1, "algorithm": "ES256", "value": "AA=="}],
    )


def verified(*, at, findings=0, from_seal=1, to_seal=1):
    return AuditVerification.objects.create(
        at=at, from_seal=from_seal, to_seal=to_seal, rows=1234, findings=findings, seconds=2.5
    )


def looks(kind):
    return list(AuditEvent.objects.filter(kind=kind.value).order_by("id"))


def newest_id():
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first()
