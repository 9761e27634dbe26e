"""The phones and mailboxes of the demo."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.generic import FormView

from authentication.api import PublicPage
from mitid_portal.demo.forms import SmsReplyForm
from notifications.api import Channel, local_messages
from selfservice.api import take_sms_reply

MOST_SHOWN = 200


class MessagesPage(PublicPage, FormView[SmsReplyForm]):
    """What was sent, newest first, of everybody or of one recipient; and a way to answer a text message."""

    template_name = "demo/messages.html"
    form_class = SmsReplyForm

    def get_initial(self) -> dict[str, Any]:
        """Answer from the phone that is looked at."""
        return {"sender": self._recipient if "@" not in self._recipient else ""}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the messages of one recipient, or of all."""
        newest = local_messages(limit=MOST_SHOWN)
        recipient = self._recipient
        return super().get_context_data(
            recipient=recipient,
            recipients=sorted({message.to for message in newest}),
            sent=[message for message in newest if not recipient or message.to == recipient],
            sms=Channel.SMS,
            demo_now=self.now,
            **kwargs,
        )

    def form_valid(self, form: SmsReplyForm) -> HttpResponse:
        """Take the text message on the same way as one from a real phone."""
        sender = form.cleaned_data["sender"]
        take_sms_reply(sender=sender, text=form.cleaned_data["text"], now=self.now)
        messages.success(self.request, _("The text message was sent. The answer comes to the same phone."))
        return HttpResponse(status=303, headers={"Location": f"{reverse('demo:messages')}?{urlencode({'to': sender})}"})

    @property
    def _recipient(self) -> str:
        return self.request.GET.get("to", "")
