"""Our scripts and styles, each under an address that names its content."""

import hashlib
from functools import cache
from pathlib import Path

from tornado.web import RequestHandler

from cca.dashboards.browser.views import HERE

ASSET_PATH = r"/assets/([0-9a-f]{12})/((?:js|css)/[a-z_+]+\.(?:js|css|svg))"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@cache
def asset_url(name: str) -> str:
    """Named by content, so that it can be kept for ever; `css/a+b.css` is two files in one."""
    content = b"\n".join(path.read_bytes() for path in _files(name))
    return f"/assets/{hashlib.blake2b(content, digest_size=6).hexdigest()}/{name}"


def _files(name: str) -> list[Path]:
    path = HERE / name
    return [path.with_name(stem + path.suffix) for stem in path.stem.split("+")]


class Asset(RequestHandler):
    def get(self, _: str, name: str) -> None:
        paths = _files(name)
        if not all(path.is_file() for path in paths):
            self.send_error(404)
            return
        self.set_header("Content-Type", _TYPES[paths[0].suffix])
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.finish(b"\n".join(path.read_bytes() for path in paths))
