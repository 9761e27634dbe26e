"""An e-mail as it goes over the wire: text and HTML from one source, its headers, signed."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string

from notifications.states import Language
from notifications.transports import OutgoingEmail
from notifications.transports.dkim_signing import signature_header

_POLICY: Final = SMTP.clone(cte_type="7bit")  # servers on the way have nothing to rewrite: the signature stays whole
_BETWEEN_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True)
class Line:
    """One line of a paragraph; ``address`` is what it links to, if it is an address of the portal."""

    text: str
    address: str | None


def wire_form(message: OutgoingEmail) -> bytes:
    """Give the e-mail as a mail server takes it, with CRLF line ends and 7-bit lines.

    The Message-ID comes from the delivery, so that a copy sent again after a lost yes is known for one. An alert
    has no List-Unsubscribe: nobody turns warnings off with one press in a mail program.

    Rule:   RFC 5322, RFC 2046 section 5.1.4 (the last alternative is the best), RFC 3834 section 5.
    Raises: ValueError when a header would be more than a line.
    """
    email = EmailMessage(policy=_POLICY)
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    email["From"] = Address(display_name=name, addr_spec=address)
    email["To"] = Address(addr_spec=message.to)
    email["Subject"] = message.subject
    email["Date"] = format_datetime(message.at)
    email["Message-ID"] = message_id_of(message.delivery_id)
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.text)
    email.add_alternative(
        html_of(subject=message.subject, text=message.text, language=message.language), subtype="html"
    )
    email["Content-Language"] = message.language.value  # last: what is there before a second part becomes the first's
    raw = email.as_bytes()
    return signature_header(raw) + raw


def message_id_of(delivery_id: UUID) -> str:
    """Give the name that every copy of a delivery's e-mail has."""
    return f"<{delivery_id}@{own_domain()}>"


def own_domain() -> str:
    """Give the domain that e-mails come from."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]


def html_of(*, subject: str, text: str, language: Language) -> str:
    """Give the words of an e-mail as a page of HTML, with nothing in it that is fetched from anywhere.

    Everything is escaped. A link is made of a line that is an address of the portal and of nothing else: what
    somebody could have written into a name never becomes one.
    """
    paragraphs = [
        [Line(text=line, address=line if _is_own_address(line) else None) for line in paragraph.splitlines()]
        for paragraph in _BETWEEN_PARAGRAPHS.split(text.strip())
    ]
    return render_to_string(
        "notifications/email.html",
        {"subject": subject, "paragraphs": paragraphs, "language": language.value},
    )


def _is_own_address(line: str) -> bool:
    return line.startswith(settings.PUBLIC_ADDRESS.rstrip("/") + "/") and not re.search(r"\s", line)
