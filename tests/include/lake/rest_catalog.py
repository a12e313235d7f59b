"""A REST catalog as the Iceberg specification has it, of just what a client of one table needs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest, Table

# What the specification answers with, and the name clients know the error by.
_ERRORS = {
    NoSuchTableError: (404, "NoSuchTableException"),
    TableAlreadyExistsError: (409, "AlreadyExistsException"),
    NamespaceAlreadyExistsError: (409, "AlreadyExistsException"),
    CommitFailedException: (409, "CommitFailedException"),
}


@contextmanager
def serving_catalog(folder: Path) -> Iterator[str]:
    """Its address, while it answers."""
    folder.mkdir()
    tables = SqlCatalog(
        "inner", uri=f"sqlite:///{folder / 'catalog.db'}", warehouse=f"file://{folder}"
    )

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path).path.strip("/").split("/")[1:]
            try:
                status, reply = 200, handle(tables, self.command, parts, body)
            except tuple(_ERRORS) as error:
                status, kind = _ERRORS[type(error)]
                reply = {"error": {"message": str(error), "type": kind, "code": status}}
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815  (the base class asks for them)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            tables.engine.dispose()


def handle(tables: SqlCatalog, method: str, parts: list[str], body: bytes) -> dict[str, Any]:
    match method, parts:
        case "GET", ["config"]:
            return {"defaults": {}, "overrides": {}}
        case "POST", ["namespaces"]:
            given = json.loads(body)
            tables.create_namespace(tuple(given["namespace"]))
            return {"namespace": given["namespace"], "properties": {}}
        case "POST", ["namespaces", space, "tables"]:
            given = json.loads(body)
            schema = Schema.model_validate(given["schema"])
            properties = given.get("properties") or {}
            return told(tables.create_table((space, given["name"]), schema, properties=properties))
        case (("GET" | "HEAD"), ["namespaces", space, "tables", name]):
            return told(tables.load_table((space, name)))
        case "POST", ["namespaces", space, "tables", name]:
            given = CommitTableRequest.model_validate_json(body)
            table = tables.load_table((space, name))
            tables.commit_table(table, given.requirements, given.updates)
            return told(tables.load_table((space, name)))
        case "DELETE", ["namespaces", space, "tables", name]:
            tables.drop_table((space, name))
            return {}
    raise NotImplementedError(f"{method} {parts}")


def told(table: Table) -> dict[str, Any]:
    return {
        "metadata-location": table.metadata_location,
        "metadata": json.loads(table.metadata.model_dump_json()),
        "config": {},
    }
