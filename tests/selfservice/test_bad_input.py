"""What must never be taken: a clear word beside the field, status 4xx, nothing stored, nothing typed lost."""

from collections.abc import Callable
from datetime import datetime
from html import escape

import pytest
from django.test import Client
from django.urls import reverse

from identities.models import ContactProof, PendingChange
from tests.factories.identities import PASSWORD, Resident
from tests.factories.selfservice import NEW_PHONE, log_in

Travel = Callable[..., datetime]
HOSTILE = {
    "empty": "",
    "spaces": "   ",
    "too long": "a" * 5000,
    "null byte": "31415\x00926",
    "right-to-left": "\u202e31415926",
    "zero width": "31\u200b415926",
    "other digits": "٣١٤١٥٩٢٦",
    "homoglyphs": "рауреr еgern",
    "markup": "<script>alert(1)</script>",
    "quote": "' OR 1=1 --",
    "control": "3141\x07926",
    "lone surrogate": "\udcff",
}
FIELDS = [("change-phone", "contact"), ("change-email", "contact"), ("change-user-id", "user_id")]


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_hostile_value_is_refused(citizen: Resident, travel: Travel, name: str, field: str, value: str) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    body = f"{field}=".encode() + value.encode("utf-8", "surrogateescape").replace(b"&", b"%26").replace(b"+", b"%2B")
    proofs = ContactProof.objects.count()
    response = browser.post(
        reverse(f"selfservice:{name}"), body, content_type="application/x-www-form-urlencoded; charset=utf-8"
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert "Traceback" not in page
    assert "<script>alert" not in page
    if value.strip() and value.isprintable():
        assert escape(value, quote=True) in page
    assert not PendingChange.objects.exists()
    assert ContactProof.objects.count() == proofs


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_code_is_refused(citizen: Resident, travel: Travel, value: str) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    browser.post(reverse("selfservice:change-phone"), {"contact": NEW_PHONE})
    body = b"code=" + value.encode("utf-8", "surrogateescape")
    response = browser.post(
        reverse("selfservice:change-phone-code"), body, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 422
    assert 'id="id_code_error"' in response.content.decode()
    assert not PendingChange.objects.exists()


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["user_id", "activation_code", "device_code", "password"])
def test_a_hostile_activation_is_refused(db: None, travel: Travel, field: str, value: str) -> None:
    right = {
        "user_id": "en skovtrold",
        "activation_code": "34679ACD",
        "device_code": "123456",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    typed = right | {field: value} | ({"password_again": value} if field == "password" else {})
    if "\udcff" in value:
        typed = {name: text.replace("\udcff", "\ufffd") for name, text in typed.items()}
    response = Client().post(reverse("selfservice:activate-device"), typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "error-summary" in page
    assert PASSWORD not in page
    assert "Traceback" not in page


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_ten_megabytes_are_refused(citizen: Resident, travel: Travel, name: str, field: str) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    response = browser.post(
        reverse(f"selfservice:{name}"),
        f"{field}=".encode() + b"a" * 10_485_760,
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 413
    assert not PendingChange.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=0",
        "before=-1",
        f"before={'9' * 20}",
        "group=nothing",
        "group=%E2%80%AE",
        "before=1.5",
    ],
)
def test_a_forged_position_in_the_list_is_no_page(citizen: Resident, travel: Travel, query: str) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    assert browser.get(f"{reverse('selfservice:activity')}?{query}").status_code == 404


def test_a_null_byte_in_a_position_is_refused(citizen: Resident, travel: Travel) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    assert browser.get(f"{reverse('selfservice:activity')}?group=%00").status_code == 400
