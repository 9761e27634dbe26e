"""Logging out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from authentication.pages import LOGIN_KEYS, PublicPage, login_in_session
from authentication.usecases.sign_out import sign_out


class SignOutPage(PublicPage):
    """Ends the login and the session; a second press does no harm."""

    template_name = "authentication/signed_out.html"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Say that the visitor is logged out."""
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Log out."""
        for door in LOGIN_KEYS:
            login = login_in_session(request, door, self.now)
            if login is not None:
                sign_out(identity_id=login.identity_id, login_id=login.id, now=self.now)
        request.session.flush()
        return redirect("authentication:signed-out")
