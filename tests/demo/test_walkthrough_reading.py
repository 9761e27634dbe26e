"""The walkthrough reads pages as a browser would."""

from mitid_portal.demo.walkthrough.page import read_page

PAGE = """<!DOCTYPE html><html><head><title>Error:  Sager – MitID</title>
<script>var a = "<a href='/no'>";</script></head>
<body><svg><title>icon</title><use href="#x"/></svg>
<form method="post" action="/language/"><input type="hidden" name="next" value="/">
<button name="language" value="da">Dansk</button>
<button name="language" value="en">English</button></form>
<h1>Sager</h1><p>Ingen<br>sager &amp; intet.</p><a href="open/?a=1&amp;b=2">Åbn <b>en</b> sag<span>: ny</span></a>
<div class="alert error-summary"><ul><li><a href="#id_code">Kode: forkert</a></li></ul></div>
<form method="POST"><input type="hidden" name="csrfmiddlewaretoken" value="t"><input name="code" value="12">
<span class="form-error-message"><span class="sr-only">Error: </span>forkert</span>
<input type="radio" name="answer" value="yes"><input type="radio" name="answer" value="no" checked>
<input type="checkbox" name="sure" value="1"><select name="kind">
<option value="">Vælg<option value="a" selected>Pas</option></select>
<textarea name="why"></textarea><button type="submit">Fortsæt <i>nu</i></button></form></body></html>"""


def test_page_is_read() -> None:
    page = read_page(PAGE, address="http://127.0.0.1:1/backoffice/cases/", status=200)
    assert page.title == "Error: Sager – MitID"
    assert "Ingen sager & intet." in page.text
    assert "var a" not in page.text
    assert "icon" not in page.text
    assert [(link.address, link.text) for link in page.links] == [
        ("http://127.0.0.1:1/backoffice/cases/open/?a=1&b=2", "Åbn en sag : ny"),
        ("http://127.0.0.1:1/backoffice/cases/#id_code", "Kode: forkert"),
    ]
    assert page.errors == ["Kode: forkert", "Error: forkert"]


def test_form_holds_what_a_browser_would_send() -> None:
    page = read_page(PAGE, address="http://127.0.0.1:1/cases/", status=200)
    form = page.form("code")
    assert form is not None
    assert (form.method, form.action) == ("post", "http://127.0.0.1:1/cases/")
    assert form.values == {
        "csrfmiddlewaretoken": ["t"],
        "code": ["12"],
        "answer": ["no"],
        "kind": ["a"],
        "why": [""],
    }
    assert form.options == {"answer": ["yes", "no"], "sure": ["1"], "kind": ["", "a"]}
    assert form.buttons == ["Fortsæt nu"]


def test_form_is_found_by_fields_button_or_address() -> None:
    page = read_page(PAGE, address="http://127.0.0.1:1/cases/", status=200)
    assert page.form("code", "why") is page.form(button="fortsæt") is page.forms[1]
    assert page.form(action="/language/") is page.form("language") is page.forms[0]
    assert page.form("password") is None
    assert page.link("åbn") is page.links[0]
    assert page.link(address="/profile/") is None
