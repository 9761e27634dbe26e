"""The demo's front page: everybody's secrets, and a clock to move."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import TemplateView

from authentication.api import PublicPage
from identities.api import AuthenticatorKind
from mitid_portal.demo.devices import Display, display_of
from mitid_portal.demo.people import Persona, Role, personas, spare_display


@dataclass(frozen=True)
class PersonCard:
    """A person as the page shows them."""

    persona: Persona
    displays: list[Display]
    phone_url: str
    email_url: str


class HomePage(PublicPage, TemplateView):
    """Who can be played, with what they know, have and receive."""

    template_name = "demo/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the people by what they do, and what the next device in the office's stock shows."""
        cards = [self._card(persona) for persona in personas()]
        groups = [(role, [card for card in cards if card.persona.role is role]) for role in Role]
        serial = spare_display()
        return super().get_context_data(
            groups=[(role.label, members) for role, members in groups if members],
            applicant=Role.APPLICANT.label,
            audio_reader=AuthenticatorKind.AUDIO_READER,
            app_address=f"{settings.PUBLIC_ADDRESS.rstrip('/')}{reverse('authentication:app-shell')}",
            demo_now=self.now,
            spare=display_of(serial, now=self.now) if serial else None,
            **kwargs,
        )

    def _card(self, persona: Persona) -> PersonCard:
        messages = reverse("demo:messages")
        return PersonCard(
            persona=persona,
            displays=[display_of(serial, now=self.now) for serial in persona.devices],
            phone_url=f"{messages}?{urlencode({'to': persona.phone})}",
            email_url=f"{messages}?{urlencode({'to': persona.email})}",
        )
