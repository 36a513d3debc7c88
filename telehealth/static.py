"""Static files whose names carry the hash of their content, ES modules included."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedModulesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic is untyped
    """Also rewrite `import … from "./x.js";`, so that a module never imports a stale one."""

    support_js_module_import_aggregation = True
