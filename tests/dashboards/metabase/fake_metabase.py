"""A Metabase that stores what it gets and refuses what the real one refuses.

The schemas say what Metabase's API takes (0.63 and later refuse names they do not know), written
by hand from its documentation and source. What it answers is as little as the provisioner reads.
"""

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
from jsonschema import Draft202012Validator

EMAIL, PASSWORD, TOKEN = "owner@example.org", "correct horse 9", "setup-token-1"

ID = {"type": "integer", "minimum": 1}
TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}


def _map(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


TARGET = {
    "type": "array",
    "prefixItems": [
        {"enum": ["dimension", "variable"]},
        {"type": "array", "prefixItems": [{"const": "template-tag"}, TEXT], "minItems": 2},
    ],
    "minItems": 2,
    "maxItems": 2,
}
PARAMETER = _map(
    {"id": TEXT, "type": {"enum": ["date/all-options", "string/=", "number/="]}},
    {"name": TEXT, "slug": TEXT, "sectionId": TEXT, "target": TARGET, "default": {}},
)
TAG_COMMON = {"id": TEXT, "name": TEXT, "display-name": TEXT}
FIELD_TAG = _map(
    {
        **TAG_COMMON,
        "type": {"const": "dimension"},
        # The newer form is refused by POST /api/card.
        "dimension": {
            "type": "array",
            "prefixItems": [{"const": "field"}, ID, {"type": "null"}],
            "minItems": 3,
        },
        "widget-type": {"enum": ["date/all-options", "string/="]},
    }
)
VALUE_TAG = _map(
    {**TAG_COMMON, "type": {"enum": ["number", "text", "date"]}}, {"required": {}, "default": {}}
)
QUERY = _map(
    {
        "type": {"const": "native"},
        "database": ID,
        "native": _map(
            {
                "query": TEXT,
                "template-tags": {
                    "type": "object",
                    "additionalProperties": {"oneOf": [FIELD_TAG, VALUE_TAG]},
                },
            }
        ),
    }
)
CARD = {
    "name": TEXT,
    "type": {"const": "question"},
    "display": {"enum": ["scalar", "line", "bar", "area", "combo", "row", "pie", "table"]},
    "dataset_query": QUERY,
    "parameters": {"type": "array", "items": PARAMETER},
    "visualization_settings": {"type": "object"},
    "collection_id": ID,
    "description": TEXT,
}
MAPPING = _map({"parameter_id": TEXT, "card_id": ID, "target": TARGET})
DASHCARD = _map(
    {
        "id": {"type": "integer"},
        "row": {"type": "integer", "minimum": 0},
        "col": {"type": "integer", "minimum": 0, "maximum": 23},
        "size_x": {"type": "integer", "minimum": 1, "maximum": 24},
        "size_y": ID,
    },
    {
        "card_id": {"type": ["integer", "null"]},
        "action_id": {"type": ["integer", "null"]},
        "dashboard_tab_id": {"type": ["integer", "null"]},
        "parameter_mappings": {"type": "array", "items": MAPPING},
        "visualization_settings": {"type": "object"},
        "inline_parameters": {"type": "array", "items": TEXT},
        "series": {"type": "array", "items": _map({"id": ID})},
    },
)
TAB = _map({"id": {"type": "integer"}, "name": TEXT}, {"position": {"type": "integer"}})
DASHBOARD = {
    "name": TEXT,
    "description": TEXT,
    "collection_id": ID,
    "parameters": {"type": "array", "items": PARAMETER},
}
ARCHIVED = {"archived": {"type": "boolean"}}
DETAILS = _map(
    {"database_file": TEXT},
    # What else is sent reaches DuckDB as an option it does not know.
    {
        "read_only": {"type": "boolean"},
        "old_implicit_casting": {"type": "boolean"},
        "allow_unsigned_extensions": {"type": "boolean"},
        "memory_limit": TEXT,
        "init_sql": {"type": "string"},
    },
)
COLLECTION = {"name": TEXT, "description": TEXT, "parent_id": {"type": ["integer", "null"]}}
NEW_USER = _map(
    {"email": {"type": "string", "pattern": r"^\S+@\S+\.\S+$"}, "password": TEXT},
    {"first_name": TEXT, "last_name": TEXT},
)
_BODIES = {
    "POST /api/setup": _map(
        {"token": TEXT, "user": NEW_USER, "prefs": _map({"site_name": TEXT})},
    ),
    "POST /api/session": _map({"username": TEXT, "password": TEXT}),
    "POST /api/api-key": _map({"name": TEXT, "group_id": ID}),
    "PUT /api/api-key/N/regenerate": _map({}),
    "POST /api/database": _map(
        {"name": TEXT, "engine": {"const": "duckdb"}, "details": DETAILS},
        {"is_full_sync": {"type": "boolean"}},
    ),
    "PUT /api/database/N": _map({}, {"name": TEXT, "details": DETAILS}),
    "POST /api/database/N/sync_schema": _map({}),
    "POST /api/database/N/rescan_values": _map({}),
    "PUT /api/table/N": _map({}, {"description": {"type": "string"}}),
    "PUT /api/field/N": _map(
        {}, {"description": {"type": "string"}, "has_field_values": {"enum": ["list", "search"]}}
    ),
    "POST /api/collection": _map({"name": TEXT}, COLLECTION),
    "PUT /api/collection/N": _map({}, {**COLLECTION, **ARCHIVED}),
    "POST /api/card": _map(CARD),
    "PUT /api/card/N": _map({}, {**CARD, **ARCHIVED}),
    # Dashcards in a POST are not refused by all releases, but ignored by all.
    "POST /api/dashboard": _map({"name": TEXT}, DASHBOARD),
    "PUT /api/dashboard/N": _map(
        {},
        {
            **DASHBOARD,
            **ARCHIVED,
            "dashcards": {"type": "array", "items": DASHCARD},
            "tabs": {"type": "array", "items": TAB},
        },
    ),
}
BODIES = {shape: Draft202012Validator(schema) for shape, schema in _BODIES.items()}
OPEN = {"/api/health", "/api/session/properties", "/api/session", "/api/setup"}


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class FakeMetabase:
    """State of one Metabase; `writes` lists every request that changed something."""

    def __init__(self, *, version: str = "v0.63.17") -> None:
        self.version = version
        self.is_set_up = False
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.keys: dict[str, str] = {}
        self.key_names: dict[int, str] = {}
        self.databases: dict[int, dict[str, Any]] = {}
        self.tables: dict[int, dict[str, Any]] = {}
        self.fields: dict[int, dict[str, Any]] = {}
        self.collections: dict[int, dict[str, Any]] = {}
        self.cards: dict[int, dict[str, Any]] = {}
        self.dashboards: dict[int, dict[str, Any]] = {}
        self.sessions: set[str] = set()
        # A sync runs in the background: what it read shows at the second look.
        self.is_syncing = False
        self.has_comments = True
        self._ids = itertools.count(1)

    @property
    def database_file(self) -> str:
        (database,) = self.databases.values()
        return str(database["details"]["database_file"])

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Any:
        parts = urlsplit(target)
        if parts.path not in OPEN:
            self._require_sign_in(headers)
        shape = f"{method} {re.sub(r'/[0-9]+', '/N', parts.path)}"
        given = json.loads(body) if body else {}
        if method != "GET":
            if shape not in BODIES:
                raise Refused(404, "API endpoint does not exist.")
            if error := next(BODIES[shape].iter_errors(given), None):
                place = "/".join(map(str, error.absolute_path))
                raise Refused(400, f"{shape}: {place}: {error.message}")
        numbers = [int(each) for each in re.findall(r"/([0-9]+)", parts.path)]
        handle: Callable[..., Any] | None = getattr(self, _name(shape), None)
        if handle is None:
            raise Refused(404, f"{shape}: API endpoint does not exist.")
        if method != "GET" and shape != "POST /api/session":
            self.writes.append((shape, given))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return handle(*numbers, query if method == "GET" else given)

    def _require_sign_in(self, headers: Any) -> None:
        key, session = headers.get("x-api-key"), headers.get("X-Metabase-Session")
        if key not in self.keys.values() and session not in self.sessions:
            raise Refused(401, "Unauthenticated")

    # --- access

    def get_api_health(self, _: Any) -> Any:
        return {"status": "ok"}

    def get_api_session_properties(self, _: Any) -> Any:
        token = None if self.is_set_up else TOKEN
        version = {"tag": self.version}
        return {"setup-token": token, "has-user-setup": self.is_set_up, "version": version}

    def post_api_setup(self, body: dict[str, Any]) -> Any:
        if self.is_set_up or body["token"] != TOKEN:
            raise Refused(403, "The /api/setup route can only be used to create the first user")
        self.is_set_up = True
        self.user = (body["user"]["email"], body["user"]["password"])
        return self._session()

    def post_api_session(self, body: dict[str, Any]) -> Any:
        if not self.is_set_up or (body["username"], body["password"]) != self.user:
            raise Refused(401, "did not match stored password")
        return self._session()

    def _session(self) -> Any:
        session = f"session-{next(self._ids)}"
        self.sessions.add(session)
        return {"id": session}

    def get_api_user_current(self, _: Any) -> Any:
        return {"id": 1, "is_superuser": True}

    def get_api_permissions_group(self, _: Any) -> Any:
        return [
            {"id": 1, "name": "All Users", "magic_group_type": "all-internal-users"},
            {"id": 2, "name": "Administrators", "magic_group_type": "admin"},
        ]

    def get_api_api_key(self, _: Any) -> Any:
        return [{"id": number, "name": name} for number, name in self.key_names.items()]

    def post_api_api_key(self, body: dict[str, Any]) -> Any:
        if body["name"] in self.key_names.values():
            raise Refused(400, "An API key with this name already exists.")
        if body["group_id"] != 2:
            raise Refused(400, "not the administrators")
        number = next(self._ids)
        self.key_names[number] = body["name"]
        return self._new_key(body["name"])

    def put_api_api_key_n_regenerate(self, number: int, _: Any) -> Any:
        return self._new_key(self.key_names[number])

    def _new_key(self, name: str) -> Any:
        self.keys[name] = f"mb_{next(self._ids)}"
        return {"unmasked_key": self.keys[name]}

    # --- database

    def get_api_database(self, _: Any) -> Any:
        return {"data": list(self.databases.values()), "total": len(self.databases)}

    def post_api_database(self, body: dict[str, Any]) -> Any:
        self._require_file(body["details"])
        return self._put(self.databases, body)

    def put_api_database_n(self, number: int, body: dict[str, Any]) -> Any:
        self._require_file(body["details"])
        merged = {**self.databases[number]["details"], **body["details"]}
        self.databases[number] |= {**body, "details": merged}
        return self.databases[number]

    def _require_file(self, details: dict[str, Any]) -> None:
        path = Path(details["database_file"])
        if not path.is_file() or path.is_symlink():
            raise Refused(400, f"{path}: no such file")

    def post_api_database_n_sync_schema(self, number: int, _: Any) -> Any:
        self.is_syncing = True
        return {"status": "ok"}

    def post_api_database_n_rescan_values(self, number: int, _: Any) -> Any:
        return {"status": "ok"}

    def get_api_database_n_metadata(self, number: int, _: Any) -> Any:
        tables = list(self.tables.values())
        if self.is_syncing:
            self.is_syncing = False
            self._sync(number)
        return {
            "tables": [
                {**t, "fields": [f for f in self.fields.values() if f["table_id"] == t["id"]]}
                for t in tables
            ]
        }

    def _sync(self, number: int) -> None:
        """What is new is read with its comment; what is known keeps its description."""
        known = {table["name"]: table["id"] for table in self.tables.values()}
        have = {(field["table_id"], field["name"]) for field in self.fields.values()}
        path = self.databases[number]["details"]["database_file"]
        with duckdb.connect(path, read_only=True) as connection:
            columns = connection.execute(
                "select c.schema_name, c.table_name, c.column_name, t.comment, c.comment "
                "from duckdb_columns() c join duckdb_tables() t using (table_oid, database_oid) "
                "where not c.internal"
            ).fetchall()
        for schema, table, column, about_table, about in columns:
            if table not in known:
                row = {"schema": schema, "name": table, "description": self._comment(about_table)}
                known[table] = self._put(self.tables, row)["id"]
            if (known[table], column) not in have:
                row = {"table_id": known[table], "name": column, "has_field_values": "auto-list"}
                self._put(self.fields, {**row, "description": self._comment(about)})

    def _comment(self, text: str | None) -> str | None:
        return text if self.has_comments else None

    def put_api_table_n(self, number: int, body: dict[str, Any]) -> Any:
        self.tables[number] |= body
        return self.tables[number]

    def put_api_field_n(self, number: int, body: dict[str, Any]) -> Any:
        self.fields[number] |= body
        return self.fields[number]

    # --- collections, questions, dashboards

    def get_api_collection(self, _: Any) -> Any:
        root = {"id": "root", "name": "Our analytics"}
        return [root, *(each for each in self.collections.values() if not each["archived"])]

    def post_api_collection(self, body: dict[str, Any]) -> Any:
        return self._put(self.collections, {"archived": False, **body})

    def put_api_collection_n(self, number: int, body: dict[str, Any]) -> Any:
        self.collections[number] |= body
        return self.collections[number]

    def get_api_collection_n_items(self, number: int, query: dict[str, str]) -> Any:
        store = {"card": self.cards, "dashboard": self.dashboards}[query["models"]]
        found = [e for e in store.values() if e["collection_id"] == number and not e["archived"]]
        names = ("id", "name", "description")
        return {"total": len(found), "data": [{name: e[name] for name in names} for e in found]}

    def post_api_card(self, body: dict[str, Any]) -> Any:
        self._check_card(body)
        return self._put(self.cards, {"archived": False, **body})

    def put_api_card_n(self, number: int, body: dict[str, Any]) -> Any:
        if "dataset_query" in body:
            self._check_card(body)
        self.cards[number] |= body
        return self.cards[number]

    def _check_card(self, card: dict[str, Any]) -> None:
        if card["collection_id"] not in self.collections:
            raise Refused(404, "no such collection")
        if card["dataset_query"]["database"] not in self.databases:
            raise Refused(404, "no such database")
        native = card["dataset_query"]["native"]
        used = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", native["query"]))
        if used != set(native["template-tags"]):
            raise Refused(400, f"tags {sorted(native['template-tags'])}, query {sorted(used)}")
        for name, tag in native["template-tags"].items():
            if tag["name"] != name:
                raise Refused(400, "keys in template tag map must match the :name of their values")
            if tag["type"] == "dimension" and tag["dimension"][1] not in self.fields:
                raise Refused(400, f"field {tag['dimension'][1]} does not exist")

    def post_api_dashboard(self, body: dict[str, Any]) -> Any:
        return self._put(self.dashboards, {"archived": False, "dashcards": [], **body})

    def get_api_dashboard_n(self, number: int, _: Any) -> Any:
        """As the real one: with more of each place than it takes back."""
        found = self.dashboards[number]
        places = [
            {"dashboard_id": number, "action_id": None, "dashboard_tab_id": None, **place,
             "entity_id": f"e{place['id']}", "card": self.cards.get(place.get("card_id", 0))}
            for place in found["dashcards"]
        ]  # fmt: skip
        return {"tabs": [], **found, "dashcards": places}

    def put_api_dashboard_n(self, number: int, body: dict[str, Any]) -> Any:
        if "dashcards" in body:
            # A tab that is not named is deleted, with its cards.
            body.setdefault("tabs", [])
            if body["tabs"] and not all(each.get("dashboard_tab_id") for each in body["dashcards"]):
                raise Refused(400, "This dashboard has tab, makes sure every card has a tab")
        have = {each["id"] for each in self.dashboards[number]["dashcards"]}
        parameters = {each["id"] for each in body.get("parameters", [])}
        for place in body.get("dashcards", []):
            self._check_place(place, have, parameters)
        placed = [
            {**each, "id": each["id"] if each["id"] > 0 else next(self._ids)}
            for each in body.get("dashcards", [])
        ]
        self.dashboards[number] |= {**body, "dashcards": placed} if placed else body
        return self.dashboards[number]

    def _check_place(self, place: dict[str, Any], have: set[int], parameters: set[str]) -> None:
        if place["id"] > 0 and place["id"] not in have:
            raise Refused(404, f"dashcard {place['id']} is not there")
        if place.get("card_id") is None:
            return
        card = self.cards.get(place["card_id"])
        if card is None or card["archived"]:
            raise Refused(404, f"card {place['card_id']} is not there")
        if place["col"] + place["size_x"] > 24:
            raise Refused(400, "wider than the dashboard")
        tags = card["dataset_query"]["native"]["template-tags"]
        for mapping in place.get("parameter_mappings", []):
            kind, (_, tag) = mapping["target"]
            wanted = "dimension" if tags.get(tag, {}).get("type") == "dimension" else "variable"
            if mapping["parameter_id"] not in parameters or tag not in tags or kind != wanted:
                raise Refused(400, f"mapping of {mapping['parameter_id']} fits no parameter or tag")

    def _put(self, store: dict[int, dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        store[number] = {**body, "id": number}
        return store[number]


def _name(shape: str) -> str:
    return re.sub(r"[^a-z]+", "_", shape.lower())


@contextmanager
def serving(fake: FakeMetabase) -> Iterator[str]:
    """Serve it on a free port; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: else each answer waits for an acknowledgement.
        wbufsize = -1

        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            try:
                status = 200
                said = fake.answer(self.command, self.path, self.headers, self.rfile.read(length))
            except Refused as refusal:
                status, said = refusal.status, {"message": str(refusal)}
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _do  # noqa: N815  (http.server's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
