"""dbt's own documentation page under /dbt-docs/, behind the same guard as all else."""

import mimetypes
from pathlib import Path
from zoneinfo import ZoneInfo

from tornado.web import HTTPError, RequestHandler

from cca.dashboards.browser.assets import asset_url
from cca.dashboards.browser.views import render
from cca.settings import Settings

# dbt's page is one file with its own scripts and data, and the scripts need eval. So it may not
# connect to anything, not even to us. (In a sandbox its icons fail, hundreds of times.)
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# What dbt's page asks for and nobody has: an icon of its sources, and addresses that Angular would
# have filled in. And it knows no way back.
_MENDED = (
    (b"${require('./assets/favicons/favicon.ico')}", asset_url("css/icon.svg").encode()),
    (b' xlink:href="{{', b' ng-attr-xlink:href="{{'),
    (
        b"<body>",
        (
            b'<body><a href="/numbers" style="position:fixed;left:12px;bottom:12px;z-index:2000;'
            b"padding:6px 12px;border:1px solid #ccc;border-radius:7px;background:#fff;color:#222;"
            b'font:13px system-ui,sans-serif">Back to Analytics</a>'
        ),
    ),
)
_TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}


def docs_dir(settings: Settings) -> Path:
    """Where `cca docs` puts the page."""
    return settings.cca_home / "dbt" / "docs"


def has_docs(settings: Settings) -> bool:
    """Whether there is a page, which is so once `cca docs` was run."""
    return (docs_dir(settings) / "index.html").is_file()


class DbtDocs(RequestHandler):
    def initialize(self, settings: Settings) -> None:
        self.root = docs_dir(settings)
        self.is_built = has_docs(settings)

    def get(self, name: str | None) -> None:
        if name is None:
            self.redirect("/dbt-docs/")
            return
        if not self.is_built:
            self._not_built()
            return
        path = self._inside(name or "index.html")
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("Content-Type", kind or "application/octet-stream")
        self.set_header("Cache-Control", "private, no-store")
        self.finish(_mended(path.read_bytes()) if path.suffix == ".html" else path.read_bytes())

    def _inside(self, name: str) -> Path:
        """A file of the folder, whatever dots and links a name holds."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()) or not path.is_file():
            raise HTTPError(404)
        return path

    def _not_built(self) -> None:
        self.set_status(404)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(str(render("no_docs.html", ZoneInfo("UTC"), asset=asset_url)))


def _mended(page: bytes) -> bytes:
    for theirs, ours in _MENDED:
        page = page.replace(theirs, ours, 1 if theirs == b"<body>" else -1)
    return page
