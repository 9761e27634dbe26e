"""The app's page and files: what they may use, what belongs together, and under which names they are served."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from mitid_portal.static_files import HashedFiles

pytestmark = pytest.mark.django_db

APP = Path(settings.BASE_DIR) / "static" / "app"
IMPORTED = re.compile(r"""(?:^|[\s;}])(?:import|export)\s*(?:[\w\s{},*$]+?\s*from\s*)?["'](\.[^"']+)["']""")
OTHER_PAGES = ("/", "/log-in/", "/log-in/app/", "/activate/", "/block/", "/app/manifest.webmanifest")


def scripts() -> str:
    return "\n".join(file.read_text() for file in sorted(APP.rglob("*.js")))


def test_the_app_alone_may_use_the_camera_a_worker_and_a_manifest(client: Client) -> None:
    page = client.get("/app/")
    assert page.status_code == 200
    assert page["Permissions-Policy"].startswith("camera=(self), ")
    assert "microphone=()" in page["Permissions-Policy"]
    assert "worker-src 'self'" in page["Content-Security-Policy"]
    assert "manifest-src 'self'" in page["Content-Security-Policy"]
    assert "default-src 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("path", OTHER_PAGES)
def test_no_other_page_may(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code in {200, 302}
    assert "camera=()" in page["Permissions-Policy"]
    assert "camera=(self)" not in page["Permissions-Policy"]
    assert "worker-src" not in page["Content-Security-Policy"]
    assert "manifest-src" not in page["Content-Security-Policy"]


def test_the_app_can_be_put_on_a_home_screen(client: Client) -> None:
    answer = client.get("/app/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/app/", "/app/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        found = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        assert found, icon
        header = Path(found).read_bytes()[:24]
        assert header.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", header[16:])  # W3C PNG section 11.2.1, IHDR
        assert icon["sizes"] == f"{width}x{height}"


def test_the_service_worker_rules_the_app_and_nothing_else(client: Client) -> None:
    answer = client.get("/app/service-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in answer  # without it a worker rules no more than its own folder
    worker = answer.content.decode()
    assert 'const SHELL = "/app/";' in worker.replace("\\u002D", "-")
    assert re.findall(r'"app-[0-9]+"', worker) == re.findall(r'"app-[0-9]+"', (APP / "kept.js").read_text())


def test_the_app_says_in_the_page_as_whom_it_signs(client: Client) -> None:
    assert f'data-portal="{settings.PUBLIC_ADDRESS}"' in client.get("/app/").content.decode()


def test_only_a_chosen_language_goes_before_its_owners(client: Client) -> None:
    assert "data-language-is-chosen" not in client.get("/app/").content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "da"
    assert "data-language-is-chosen" in client.get("/app/").content.decode()


def test_every_screen_and_text_that_a_script_shows_is_on_the_page(client: Client) -> None:
    page = client.get("/app/").content.decode()
    screens = set(re.findall(r'<template id="screen-([a-z-]+)"', page))
    said = scripts()
    shown = set(re.findall(r'show\("([a-z-]+)"', said)) | set(re.findall(r'showResult\(app, "([a-z-]+)"', said))
    shown |= {name for both in re.findall(r'show\(\w+[^?]*\? "([a-z-]+)" : "([a-z-]+)"', said) for name in both}
    shown |= set(re.findall(r'\}, "(approved|rejected)"\)', said))
    assert shown == screens
    texts = set(re.findall(r'data-text="(\w+)"', page))
    levels = {f"level_{name}" for name in ("LOW", "SUBSTANTIAL", "HIGH")}
    assert set(re.findall(r'words\("(\w+)"', said)) | levels == texts


def test_every_screen_has_one_heading_that_takes_the_focus(client: Client) -> None:
    page = client.get("/app/").content.decode()
    for screen in re.split(r'<template id="screen-', page)[1:]:
        assert screen.count("<h1") == 1, screen[:40]


def test_what_comes_from_elsewhere_is_never_markup() -> None:
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert word not in scripts(), word


def imports_of(name: str, text: str) -> Iterator[str]:
    for relative in IMPORTED.findall(text):
        parts: list[str] = []
        for part in (PurePosixPath(name).parent / relative).parts:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        yield "/".join(parts)


def test_every_module_is_served_from_the_source_folders() -> None:
    """As tests and development serve them: by their plain names."""
    seen: set[str] = set()
    waiting = ["app/main.js"]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = finders.find(name)
        assert found, f"{name} is imported, and nowhere"
        waiting += imports_of(name, Path(found).read_text(encoding="utf-8"))
    assert {
        "app/screens/home.js",
        "vendor/idb/index.js",
        "vendor/jose/jws/compact/sign.js",
        "vendor/qr/decode.js",
    } <= seen


def test_every_module_imports_others_by_the_hash_of_their_content(tmp_path: Path) -> None:
    """As production serves them; circles of imports would have no such names."""
    storage = HashedFiles(location=tmp_path, base_url=settings.STATIC_URL)
    paths = {}
    for finder in finders.get_finders():
        for path, source in finder.list([]):
            prefix = getattr(source, "prefix", None)
            name = f"{prefix}/{path}" if prefix else path
            if name.startswith(("app/", "vendor/")) and name.endswith((".js", ".css", ".png")):
                paths[name] = (source, path)
                with source.open(path) as file:
                    storage.save(name, file)
    for name, _, processed in storage.post_process(paths):
        assert not isinstance(processed, Exception), (name, processed)
    seen: set[str] = set()
    waiting = [storage.stored_name("app/main.js")]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        assert re.search(r"\.[0-9a-f]{12}\.js$", name), name
        waiting += imports_of(name, (tmp_path / name).read_text(encoding="utf-8"))
    assert len(seen) > 25


def test_the_phones_back_button_has_one_place_to_go_on_every_screen_but_the_first(client: Client) -> None:
    page = client.get("/app/").content.decode()
    ways_back = {
        screen.partition('"')[0]: len(re.findall(r"\sdata-back\b", screen))
        for screen in re.split(r'<template id="screen-', page)[1:]
    }
    assert {name for name, count in ways_back.items() if count != 1} == {"people", "no-keys"}
    assert ways_back["people"] == ways_back["no-keys"] == 0
