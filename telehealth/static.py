"""Static files whose names carry the hash of their content, ES modules included."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from servestatic.storage import CompressedManifestStaticFilesStorage

IMPORT_FROM = (r'(?P<matched>from "(?P<url>\.[^"]+)";)', 'from "%(url)s";')
IMPORT = (r'(?P<matched>import "(?P<url>\.[^"]+)";)', 'import "%(url)s";')


class HashedModulesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrite `import … from "./x.js";`, so that a module never imports a stale one.

    Only in our own modules (static/js): the extensions in htmx's wheel import bare names, which
    Django's own `support_js_module_import_aggregation` takes for missing files.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", (IMPORT_FROM, IMPORT)))
