"""The interface's description, as JSON and as YAML; no page that draws it, for those load programs from elsewhere."""

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularYAMLAPIView

from authentication.app_api.schema import RememberedGenerator
from authentication.states import Audience

THIS: str = "authentication.app_api.urls"


class SchemaJson(SpectacularJSONAPIView):
    """OpenAPI 3.1 as JSON."""

    audience = Audience.MACHINE
    http_method_names = ["get", "head"]
    generator_class = RememberedGenerator
    urlconf = THIS
    api_version = "1"


class SchemaYaml(SpectacularYAMLAPIView):
    """OpenAPI 3.1 as YAML."""

    audience = Audience.MACHINE
    http_method_names = ["get", "head"]
    generator_class = RememberedGenerator
    urlconf = THIS
    api_version = "1"
