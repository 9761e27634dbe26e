"""What the citizen sees of their identity."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from authentication.api import CitizenPage
from identities.api import (
    AuthenticatorState,
    AuthenticatorView,
    ChangeField,
    ChangeView,
    ContactKind,
    IdentityView,
    Person,
    authenticators_of,
    contacts_of,
    contacts_unreached,
    identity_by_id,
    pending_changes_of,
    person_of,
)
from selfservice.authenticator_texts import STATE_NAMES, name_of
from selfservice.texts import CHANGE_TITLES, LANGUAGE_NAMES, UNREACHED
from selfservice.views.rows import Row

TOLD_FOR: Final = timedelta(days=30)  # ALR-5: how long a message that did not arrive is told of


class ProfilePage(CitizenPage):
    """All that stands on record and may be shown (SLF-1), and which alerts did not arrive (ALR-5)."""

    template_name = "selfservice/profile.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        identity = identity_by_id(self.identity_id)
        if identity is None:
            raise Http404
        person = person_of(self.identity_id)
        pending = pending_changes_of(self.identity_id, now=self.now)
        context = self.get_context_data(
            person_rows=_person_rows(person),
            contact_rows=_contact_rows(contacts_of(self.identity_id)),
            identity_rows=_identity_rows(identity),
            authenticator_rows=[_authenticator_row(view) for view in _standing(self.identity_id)],
            changes=[_change_link(change) for change in pending],
            unreached=[UNREACHED[kind] for kind in contacts_unreached(self.identity_id, since=self.now - TOLD_FOR)],
        )
        return self.render_to_response(context)


def _person_rows(person: Person) -> list[Row]:
    number = person.cpr_number
    is_protected = person.is_name_protected or person.address is None
    address = _("Protected") if is_protected else person.address
    return [
        Row(label=_("Name"), value=person.name),
        Row(label=_("CPR number"), value=f"{number[:6]}-{number[6:]}" if number else _("None")),
        Row(label=_("Address"), value=address or ""),
    ]


def _contact_rows(contacts: dict[ContactKind, str]) -> list[Row]:
    return [
        Row(
            label=_("Phone number"),
            value=contacts.get(ContactKind.PHONE, ""),
            url=reverse("selfservice:change-phone"),
        ),
        Row(
            label=_("E-mail address"),
            value=contacts.get(ContactKind.EMAIL, ""),
            url=reverse("selfservice:change-email"),
        ),
        Row(label=_("Alerts are sent by"), value=_("text message and e-mail")),
    ]


def _identity_rows(identity: IdentityView) -> list[Row]:
    return [
        Row(label=_("User ID"), value=identity.user_id, url=reverse("selfservice:change-user-id")),
        Row(label=_("Language of alerts"), value=LANGUAGE_NAMES[identity.language]),
        Row(label=_("Unique ID"), value=str(identity.id)),
    ]


def _standing(identity_id: UUID) -> list[AuthenticatorView]:
    return [view for view in authenticators_of(identity_id) if view.state is not AuthenticatorState.BLOCKED]


def _authenticator_row(view: AuthenticatorView) -> Row:
    return Row(label=name_of(view), value=STATE_NAMES[view.state])


def _change_link(change: ChangeView) -> dict[str, object]:
    """Name a waiting change without its new value, which its own page shows."""
    return {
        "title": CHANGE_TITLES[ChangeField(change.field)],
        "url": reverse("selfservice:change", kwargs={"change_id": change.id}),
        "opens_at": change.opens_at,
        "closes_at": change.closes_at,
    }
