"""Every answer of the module has a meaning, and each meaning is acted upon."""

import inspect
import logging

import pkcs11
import pytest
from pkcs11 import exceptions

from hsm.token.faults import FAULTS, MAY_BE_STALE, PIN_REFUSED, Alerts, Fault, fault_of
from tests.faults.answers import CKR
from tests.hsm.programs import WITH_STANDIN, run

ANSWERS = [
    found for _, found in inspect.getmembers(exceptions, inspect.isclass) if issubclass(found, pkcs11.PKCS11Error)
]
SYNTHETIC = {"MultipleObjectsReturned", "MultipleTokensReturned", "NoSuchKey", "NoSuchToken", "PKCS11Error"}


def test_every_exception_of_the_binding_is_mapped_and_nothing_else():
    assert len(ANSWERS) > 70
    assert set(ANSWERS) == set(FAULTS)


def test_every_meaning_is_used():
    assert set(FAULTS.values()) == set(Fault)
    assert {FAULTS[kind] for kind in PIN_REFUSED} == {Fault.ALERT}
    assert {FAULTS[kind] for kind in MAY_BE_STALE} == {Fault.ALERT}


def test_what_the_binding_may_bring_one_day_is_tried_again():
    class Unheard(pkcs11.PKCS11Error):
        pass

    assert fault_of(Unheard()) is Fault.RETRY


def test_operators_are_told_each_kind_once_a_minute_and_nothing_of_the_text(caplog):
    alerts = Alerts()
    with caplog.at_level(logging.CRITICAL, logger="hsm.token.faults"):
        for _ in range(3):
            alerts.say(pkcs11.PinLocked("a secret"))
        alerts.say(pkcs11.NoSuchKey("another"))
    assert [record.levelname for record in caplog.records] == ["CRITICAL"] * 2
    assert "PinLocked" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.django_db
def test_each_answer_of_the_module_is_acted_upon_as_it_is_mapped():
    """Met once and met for good, through the real binding."""
    seen = run(
        WITH_STANDIN
        + """
from pkcs11 import PKCS11Error
from hsm.token.faults import FAULTS, Fault as Meaning
expected = use_every_key()
for name, number in CKR.items():
    if name in {"OK", "BUFFER_TOO_SMALL"}:
        continue
    outcomes = []
    for faults in ([Fault(answer=number)], [Fault(answer=number)] * 2):
        hsm.forget()
        use_every_key()
        before = standin.calls
        script.line_up("C_SignInit", *faults)
        try:
            found = hsm.blind_index("a", purpose="p").hex()
            assert found == expected
            outcomes.append("right")
        except hsm.HsmUnavailable as error:
            cause = error.__cause__
            outcomes.append("refused")
        except PKCS11Error as error:
            cause = error
            outcomes.append("caller")
        script._waiting.clear()
        works_again(use_every_key)
    meaning = FAULTS[type(cause)]
    wanted = {
        Meaning.RETRY: ["right", "refused"], Meaning.REFUSE: ["refused"] * 2,
        Meaning.ALERT: ["refused"] * 2, Meaning.CALLER: ["caller"] * 2,
    }[meaning]
    assert outcomes == wanted, (name, meaning, outcomes)
    print(type(cause).__name__)
        """,
        LOG_LEVEL="ERROR",
    )
    assert {kind.__name__ for kind in ANSWERS} - set(seen.split()) == SYNTHETIC - {"PKCS11Error"}
    assert len(seen.split()) == len(CKR) - 2
