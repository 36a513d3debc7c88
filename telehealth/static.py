"""Static files whose names carry the hash of their content, ES modules included."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import MissingFileError
from servestatic.storage import CompressedManifestStaticFilesStorage

IMPORT_FROM = (r'(?P<matched>from "(?P<url>\.[^"]+)";)', 'from "%(url)s";')
IMPORT = (r'(?P<matched>import "(?P<url>\.[^"]+)";)', 'import "%(url)s";')


class HashedModulesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrite `import … from "./x.js";`, so that a module never imports a stale one.

    Only in our own modules (static/js): the extensions in htmx's wheel import bare names, which
    Django's own `support_js_module_import_aggregation` takes for missing files.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", (IMPORT_FROM, IMPORT)))


class StaticFilesMiddleware(ServeStaticMiddleware):
    """What is not there is not found, in development too: servestatic raises, which is a 500."""

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = await super().__call__(request)
        except MissingFileError:
            response = await self.get_response(request)
        return response
