"""Every address says for whom it is."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from authentication.states import Audience

OPEN_FUNCTIONS = {"mitid_portal.health.live", "mitid_portal.health.ready", "mitid_portal.metrics.metrics"}


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def test_the_tree_of_addresses_is_walked() -> None:
    found = dict(addresses(get_resolver()))

    assert {"health/live", "log-in/", "backoffice/"} <= set(found)
    assert len(found) > 20


def test_every_page_has_an_audience() -> None:
    without = []
    for address, callback in addresses(get_resolver()):
        view = getattr(callback, "view_class", None)
        name = f"{callback.__module__}.{getattr(callback, '__name__', '')}"
        if name not in OPEN_FUNCTIONS and getattr(view, "audience", None) not in set(Audience):
            without.append(f"{address}: {name}")

    assert without == []


def test_an_officers_pages_lie_in_the_backoffice_and_nowhere_else() -> None:
    misplaced = []
    for address, callback in addresses(get_resolver()):
        audience = getattr(getattr(callback, "view_class", None), "audience", None)
        is_inside = address.startswith("backoffice/")
        if (audience is Audience.OFFICER) != is_inside:
            misplaced.append(f"{address}: {audience}")

    assert misplaced == []


def test_what_lies_under_the_interfaces_root_is_for_machines() -> None:
    found = {
        address: getattr(getattr(callback, "view_class", None), "audience", None)
        for address, callback in addresses(get_resolver())
        if address.startswith("api/")
    }

    assert len(found) > 15
    assert set(found.values()) == {Audience.MACHINE}
