"""Where scripts, styles and pictures lie once they are collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Every file under a name with a hash of its content; the modules that a module imports go by such names too.

    So a browser never runs a new module beside an old one that it had kept.
    """

    support_js_module_import_aggregation = True
