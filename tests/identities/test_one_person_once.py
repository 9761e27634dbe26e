"""One person is registered once, also while two versions of the key for look-ups are in use."""

import json
import time
from collections import Counter

import pytest
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from hsm import api as hsm
from hsm.keyring import forget_keyring
from hsm.models import KeyVersion
from hsm.rules import split_version
from hsm.states import KeyName, KeyState
from identities import sealing
from identities.models import Citizen
from identities.states import ContactKind
from tests.factories.identities import a_person, proven_contact
from tests.hsm.programs import finish, start
from tests.hsm.rotation import make_anew, rotate, vouch_for_all

PEOPLE = 12

REGISTERS = """
    import json
    from datetime import date
    from django.db import transaction
    from audit.api import Actor
    from hsm.keyring import keyring
    from identities.api import AssuranceLevel, ContactKind, Issued, Person, issue_identity
    from mitid_portal import clock
    from notifications.api import Language

    active = keyring().active(hsm.KeyName.LOOKUP)
    use_every_key()
    with transaction.atomic():
        pass
    print("ready", flush=True)
    start_at = None
    while start_at is None:
        try:
            start_at = float(open(os.environ["GO"]).read() or "0") or None
        except FileNotFoundError:
            time.sleep(0.01)
    issued = 0
    for place, work in enumerate(json.loads(os.environ["WORK"])):
        person = Person(name="Ida", cpr_number=work["cpr"], born_on=date(1980, 1, 1), address=None,
                        is_name_protected=False)
        proofs = {ContactKind(kind): UUID(proof) for kind, proof in work["proofs"].items()}
        time.sleep(max(0.0, start_at + place * 0.1 - time.time()))
        with transaction.atomic():
            outcome = issue_identity(
                owner_id=UUID(work["case"]), person=person, user_id=work["user_id"], level=AssuranceLevel.LOW,
                language=Language.DA, proofs=proofs, actor=Actor.system(), now=clock.now(),
            )
        issued += isinstance(outcome, Issued)
    assert keyring().active(hsm.KeyName.LOOKUP) == active
    print(active, issued)
"""


def work_of(cpr_number, side, place, now):
    case_id = uuid7()
    number = 2 * place + side
    phone = proven_contact(owner_id=case_id, kind=ContactKind.PHONE, value=f"+45201{number:05}", now=now)
    email = proven_contact(owner_id=case_id, kind=ContactKind.EMAIL, value=f"tvilling{number}@example.dk", now=now)
    return {
        "cpr": cpr_number,
        "case": str(case_id),
        "user_id": f"tvilling {number:05}",
        "proofs": {ContactKind.PHONE.value: str(phone), ContactKind.EMAIL.value: str(email)},
    }


@pytest.mark.django_db(transaction=True)
def test_two_processes_with_two_versions_register_a_person_once(now, tmp_path):
    numbers = [a_person().cpr_number for _ in range(PEOPLE)]
    work = [[work_of(number, side, place, now) for place, number in enumerate(numbers)] for side in (0, 1)]
    active = KeyVersion.objects.get(name=KeyName.LOOKUP)
    go = tmp_path / "go"

    def registers(side):
        process = start(REGISTERS, WORK=json.dumps(work[side]), GO=str(go), KEYRING_SECONDS="3600")
        assert process.stdout.readline() == "ready\n", process.communicate()
        return process

    make_anew(KeyName.LOOKUP, 2, active.algorithm, state=KeyState.NEXT)
    with_the_old = registers(0)
    with transaction.atomic():
        KeyVersion.objects.filter(pk=active.pk).update(state=KeyState.VERIFY_ONLY)
        KeyVersion.objects.filter(name=KeyName.LOOKUP, version=2).update(state=KeyState.ACTIVE)
        vouch_for_all()
    with_the_new = registers(1)
    forget_keyring()
    go.with_suffix(".half").write_text(str(time.time() + 0.3))
    go.with_suffix(".half").rename(go)

    (old, issued_by_old), (new, issued_by_new) = finish(with_the_old).split(), finish(with_the_new).split()

    assert (old, new) == ("1", "2")
    assert int(issued_by_old) + int(issued_by_new) == PEOPLE
    assert Citizen.objects.count() == PEOPLE
    versions = Counter(split_version(bytes(row.cpr_number_index))[0] for row in Citizen.objects.all())
    assert versions.total() == PEOPLE


@pytest.mark.django_db
def test_the_lock_of_a_value_is_the_same_under_every_version_and_gives_no_index_away():
    before = hsm.blind_index_lock_key("0101801234", purpose=sealing.CPR_NUMBER)
    rotate(KeyName.LOOKUP)
    try:
        assert hsm.blind_index_lock_key("0101801234", purpose=sealing.CPR_NUMBER) == before
        assert hsm.blind_index_lock_key("0101801235", purpose=sealing.CPR_NUMBER) != before
        assert hsm.blind_index_lock_key("0101801234", purpose="another") != before
        for index in hsm.blind_index_candidates("0101801234", purpose=sealing.CPR_NUMBER):
            assert before.to_bytes(8, "big", signed=True) not in index
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [before])
    finally:
        forget_keyring()
