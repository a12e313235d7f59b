"""Our scripts and styles, each under an address that names its content."""

import hashlib
from functools import cache
from pathlib import Path

from tornado.web import RequestHandler

from dashboards.browser.views import HERE

ASSET_PATH = r"/assets/([0-9a-f]{12})/((?:js|css)/[a-z_]+\.(?:js|css|svg))"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@cache
def asset_url(name: str) -> str:
    """Named by content, so that it can be kept for ever."""
    return f"/assets/{_digest(HERE / name)}/{name}"


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()


class Asset(RequestHandler):  # type: ignore[misc]  # Tornado has no types
    def get(self, _: str, name: str) -> None:
        path = HERE / name
        if not path.is_file():
            self.send_error(404)
            return
        self.set_header("Content-Type", _TYPES[path.suffix])
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.finish(path.read_bytes())
