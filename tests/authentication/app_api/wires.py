"""A wire that holds every answer against the interface's own description."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships none

from tests.factories.app_client import ROOT, Answer, DjangoWire


@cache
def description() -> Any:
    """Give the OpenAPI description."""
    return SchemaGenerator(urlconf="authentication.app_api.urls", api_version="1").get_schema(public=True)


def operation(method: str, path: str) -> Any:
    """Find what is described for a path."""
    for template, methods in description()["paths"].items():
        if re.fullmatch(re.sub(r"\\{[a-z_]+\\}", "[0-9a-f-]{36}", re.escape(template)), path.removeprefix(ROOT)):
            return methods.get(method)
    return None


def hold(method: str, path: str, answer: Answer) -> None:
    """Fail unless an answer is one of those described."""
    described = operation(method, path.partition("?")[0])
    if described is None:
        assert answer.status in {404, 405}, (path, answer)
        return
    said = described["responses"].get(str(answer.status))
    assert said is not None, f"{path}: {answer.status} {answer.body!r} is not described"
    if "content" not in said:
        assert answer.body == b"", (path, answer)
        return
    media = answer.headers["Content-Type"].partition(";")[0]
    schema = said["content"][media]["schema"]
    components = description()["components"]
    Draft202012Validator(schema | {"components": components}).validate(answer.json)
    name = schema["$ref"].rpartition("/")[2]
    assert answer.json.keys() <= components["schemas"][name]["properties"].keys(), (path, answer.json)
    if answer.code:
        assert answer.code in said["description"].split(", "), f"{path}: {answer.code} is not among the described"


class CheckedWire(DjangoWire):
    """Django's test client, and the description beside it."""

    def get(self, path: str) -> Answer:
        answer = super().get(path)
        hold("get", path, answer)
        return answer

    def post(self, path: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        answer = super().post(path, body, content_type=content_type, headers=headers)
        hold("post", path, answer)
        assert "Set-Cookie" not in answer.headers
        assert not self.client.cookies
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        return answer
