"""Danish times, and the links of an error summary."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.utils.translation import override

from mitid_portal.templatetags.portal import error_links
from mitid_portal.times import danish_date, danish_time
from tests.pages.gallery import EveryField


@pytest.mark.parametrize(
    ("instant", "danish", "english"),
    [
        (
            datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            "23. november 2026 kl. 13.00",
            "23 November 2026 at 13:00",
        ),
        (datetime(2026, 7, 1, 6, 5, tzinfo=UTC), "1. juli 2026 kl. 08.05", "1 July 2026 at 08:05"),
        # A minute before and after the clock goes forward, and across midnight and new year.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "29. marts 2026 kl. 01.59", "29 March 2026 at 01:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29. marts 2026 kl. 03.00", "29 March 2026 at 03:00"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "1. januar 2027 kl. 00.30", "1 January 2027 at 00:30"),
        # The hour that comes once, on either side of the one that comes twice.
        (
            datetime(2026, 10, 24, 23, 59, tzinfo=UTC),
            "25. oktober 2026 kl. 01.59",
            "25 October 2026 at 01:59",
        ),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), "25. oktober 2026 kl. 03.00", "25 October 2026 at 03:00"),
    ],
)
def test_time_is_told_as_clocks_in_copenhagen_show_it(instant: datetime, danish: str, english: str) -> None:
    with override("da"):
        assert danish_time(instant) == danish
    with override("en"):
        assert danish_time(instant) == english


def test_the_hour_that_comes_twice_says_which_it_is() -> None:
    with override("en"):
        first = danish_time(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        second = danish_time(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert first == "25 October 2026 at 02:30 (summer time)"
    assert second == "25 October 2026 at 02:30 (winter time)"


def test_date_is_copenhagens_date() -> None:
    with override("da"):
        assert danish_date(datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == "24. november 2026"
        assert danish_date(date(2026, 11, 23)) == "23. november 2026"
    with override("en"):
        assert danish_date(date(2026, 5, 1)) == "1 May 2026"


def test_nothing_stays_nothing_and_a_naive_time_is_a_fault() -> None:
    assert danish_time(None) == ""
    assert danish_date(None) == ""
    naive = datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001 - the fault that is looked for
    with pytest.raises(ValueError, match="naive"):
        danish_time(naive)
    with pytest.raises(ValueError, match="naive"):
        danish_date(naive)


def test_error_links_name_the_field_and_lead_to_its_input() -> None:
    with override("en"):
        links = {link.text: link.target for link in error_links(EveryField({}))}
    assert links["Formularen som helhed er afvist."] == ""
    assert links["Bruger-ID: This field is required."] == "id_user_id"
    assert links["Er svaret rigtigt? This field is required."] == "id_answer_0"
    assert links["Kanaler: This field is required."] == "id_channels_0"
    assert links["Født: This field is required."] == "id_born_month"
    # A hidden field cannot be gone to; its error must be seen all the same.
    assert links["This field is required."] == ""


def test_form_without_errors_has_no_links() -> None:
    assert error_links(None) == []
    assert error_links(EveryField()) == []
    assert error_links(forms.Form({})) == []
