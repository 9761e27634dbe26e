"""A URLconf with every component on pages of their own, for tests in a real browser only."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


@dataclass(frozen=True)
class Row:
    """A line of a summary list."""

    label: str
    value: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Officer:
    """Who stands in the header of the backoffice."""

    name: str
    office: str
    is_clerk: bool = True
    is_support: bool = True


class EveryField(forms.Form):
    """One field of each kind that the pages use."""

    user_id = forms.CharField(label="Bruger-ID", help_text="5 til 48 tegn", min_length=5)
    user_id.widget.attrs["autocomplete"] = "username"
    password = forms.CharField(
        label="Adgangskode",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "input-width-m"}),
    )
    code = forms.CharField(
        label="Kode",
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "input-char-8"},
        ),
    )
    email = forms.EmailField(label="E-mail")
    phone = forms.CharField(label="Telefon", widget=forms.TextInput(attrs={"type": "tel"}))
    on = forms.DateField(label="Dato", widget=forms.DateInput)
    born = forms.DateField(label="Født", widget=forms.SelectDateWidget(years=range(1990, 1993)))
    why = forms.CharField(label="Begrundelse", widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label="Slags", choices=[("", "Vælg"), ("a", "Pas"), ("b", "Kørekort")])
    answer = forms.ChoiceField(
        label="Er svaret rigtigt?",
        help_text="Sammenhold med registret",
        choices=[("yes", "Ja"), ("no", "Nej")],
        widget=forms.RadioSelect,
    )
    channels = forms.MultipleChoiceField(
        label="Kanaler",
        choices=[("sms", "SMS"), ("email", "E-mail")],
        widget=forms.CheckboxSelectMultiple,
    )
    sure = forms.BooleanField(label="Jeg har set personen og passet")
    more = forms.BooleanField(label="Send også på papir", required=False)
    case = forms.CharField(widget=forms.HiddenInput, initial="7")

    def clean(self) -> dict[str, object]:
        """Refuse always, so that the error of a whole form is seen too."""
        raise forms.ValidationError("Formularen som helhed er afvist.")


def components(request: HttpRequest) -> HttpResponse:
    """Show everything but forms."""
    return render(
        request,
        "gallery/components.html",
        {
            "brand_name": "MitID",
            "is_demo": True,
            "login": True,
            "now": datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            "steps": ["Person", "Dokument", "Kontrolspørgsmål", "Udstedelse"],
            "rows": [
                Row("Navn", "Åse Ørsted Ærøskøbing-Nørregaard"),
                Row("Telefon", "+45 •• •• •• 12", "/", "Skift"),
                Row("E-mail", "aase.oersted.aeroeskoebing.noerregaard@et-meget-langt-navn.example", "/"),
            ],
        },
    )


def every_field(request: HttpRequest) -> HttpResponse:
    """Show a form with each kind of field; refuse what is posted."""
    form = EveryField(request.POST if request.method == "POST" else None)
    return render(
        request,
        "gallery/form.html",
        {"brand_name": "MitID", "form": form},
        status=422 if form.is_bound else 200,
    )


def backoffice(request: HttpRequest) -> HttpResponse:
    """Show the frame of the backoffice."""
    officer = Officer(name="Kirsten Ærø", office="Skovby Kommune, Borgerservice")
    return render(
        request,
        "gallery/backoffice.html",
        {"brand_name": "MitID", "is_demo": True, "login": True, "officer": officer},
    )


def sheet(request: HttpRequest) -> HttpResponse:
    """Show the sheet that is printed with an activation code."""
    return render(request, "gallery/sheet.html", {"brand_name": "MitID", "is_demo": True})


def error(request: HttpRequest, name: str) -> HttpResponse:
    """Show one of the error pages."""
    return render(request, f"errors/{name}.html", {"brand_name": "MitID", "part": "hsm"})


def nothing(_request: HttpRequest) -> HttpResponse:
    """Be the target of links and buttons."""
    return HttpResponse(status=204)


_officers = ["officer-home", "cases", "support-search"]
_names = ["home", "profile", "activity", "block-start"]
urlpatterns = [
    path("components/", components),
    path("form/", every_field),
    path("backoffice/", backoffice),
    path("sheet/", sheet),
    path("errors/<name>/", error),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include(([path(f"s/{name}/", nothing, name=name) for name in _names], "selfservice"))),
    path("", include(([path("log-out/", nothing, name="log-out")], "authentication"))),
    path("", include(([path("demo/", nothing, name="home")], "demo"))),
    path(
        "",
        include(
            (
                [path(f"r/{name}/", nothing, name=name) for name in _officers],
                "registration",
            )
        ),
    ),
]
