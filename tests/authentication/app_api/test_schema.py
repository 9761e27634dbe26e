"""The interface describes itself, truly and validly."""

import json

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from authentication.app_api.problems import DETAIL, STATUS, ProblemCode
from authentication.app_api.urls import urlpatterns
from authentication.app_api.views.base import AppApi
from authentication.states import Audience
from tests.factories.app_client import ROOT


@pytest.fixture(scope="module")
def described():
    answer = Client().get(f"{ROOT}/schema")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/vnd.oai.openapi+json")
    return json.loads(answer.content)


def test_it_is_openapi_3_1(described):
    assert described["openapi"] == "3.1.0"
    validate_schema(described)


def test_it_is_there_as_yaml_too():
    answer = Client().get(f"{ROOT}/schema.yaml")
    assert (answer.status_code, answer.content[:8]) == (200, b"openapi:")


def test_it_was_made_without_a_guess():
    GENERATOR_STATS.reset()
    SchemaGenerator(urlconf="authentication.app_api.urls", api_version="1").get_schema(public=True)
    assert not GENERATOR_STATS, [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]


def test_every_address_is_in_it_and_no_other(described):
    def written(pattern):
        return "/" + str(pattern.pattern).replace("<uuid:", "{").replace(">", "}")

    addresses = {written(pattern) for pattern in urlpatterns} - {"/schema", "/schema.yaml"}
    assert set(described["paths"]) == addresses
    assert described["servers"] == [{"url": "http://127.0.0.1:8000/api/app/v1"}]


def test_every_post_is_signed_and_every_answer_brings_a_nonce(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], path
            assert method == ("get" if path == "/nonce" else "post")
            if method == "post":
                (media, content), *others = operation["requestBody"]["content"].items()
                assert (media, others) == ("application/jose", [])
                inside = content["schema"]["contentSchema"]
                assert "$ref" in inside or path in {"/me", "/unlink"}
            for status, answer in operation["responses"].items():
                assert "Replay-Nonce" in answer["headers"], (path, status)


def test_every_address_is_a_machines_and_takes_no_cookie():
    for entry in get_resolver("authentication.app_api.urls").url_patterns:
        view = entry.callback.view_class
        assert view.audience is Audience.MACHINE
        assert [str(name) for name in view.authentication_classes] == []
        if issubclass(view, AppApi):
            assert set(view.http_method_names) <= {"get", "head"} or view.http_method_names == ["post"]


def test_every_problem_has_a_status_and_words():
    assert STATUS.keys() == DETAIL.keys() == set(ProblemCode)
    assert all(400 <= status < 600 for status in STATUS.values())
    with translation.override("en"):
        assert all(str(text).endswith(".") and "MitID" not in str(text) for text in DETAIL.values())


def test_no_page_draws_it_with_programs_from_elsewhere():
    for path in ("schema/swagger-ui/", "docs/", "redoc/", "schema/redoc/"):
        assert Client().get(f"{ROOT}/{path}").status_code == 404
