"""What mail servers send back, as Postfix, Exchange and others write it."""

from uuid import UUID

from notifications.return_path import SentEmail, return_path_of

POSTFIX = """\
Return-Path: <>
Delivered-To: {to}
Received: by mx.example.dk (Postfix) id 4F3; Mon, 23 Nov 2026 12:00:02 +0000 (UTC)
Date: Mon, 23 Nov 2026 12:00:02 +0000 (UTC)
From: MAILER-DAEMON@mx.example.dk (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {to}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F3.1"

This is a MIME-encapsulated message.

--4F3.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4F3.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.dk
X-Postfix-Queue-ID: 4F3
Arrival-Date: Mon, 23 Nov 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; anna.berg@example.dk
Original-Recipient: rfc822;anna.berg@example.dk
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.dk
Diagnostic-Code: smtp; 550 {status} <anna.berg@example.dk>: whatever it says

--4F3.1
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: no-reply@mitid.example
To: anna.berg@example.dk
Subject: Hej

Hej

--4F3.1--
"""

HOLIDAY = """\
From: anna.berg@example.dk
To: {to}
Subject: Autosvar: Afventende =?utf-8?q?=C3=A6ndring?=
Auto-Submitted: auto-replied
Content-Type: text/plain

Jeg er på ferie. Action: failed Status: 5.1.1
"""


def bounce(
    delivery_id: UUID, *, action: str = "failed", status: str = "5.1.1", form: str = POSTFIX, attempt: int = 1
) -> bytes:
    """What comes back of a delivery's e-mail."""
    return (
        form.format(to=return_path_of(SentEmail(delivery_id, attempt)), action=action, status=status)
        .replace("\n", "\r\n")
        .encode()
    )
