"""Whether one part answers, asked from beside it: for containers and monitors."""

import re
from collections.abc import Callable

import httpx
from pymongo.errors import PyMongoError

from cca.errors import ServiceDown
from cca.locks import holder
from cca.mongo import archive
from cca.publish.metabase import Metabase
from cca.search.home import follower_lock_path
from cca.settings import Settings
from cca.stack import readiness
from cca.stack.airflow import api_address
from cca.stack.airflow_api import AirflowApi
from cca.stack.programs import Part


def require(settings: Settings, part: str, component: str = "") -> None:
    """Raise ServiceDown, saying what is wrong, unless the part answers.

    Of Airflow a component may be named; then nothing else of it counts.
    """
    problem = _component(settings, component) if component else PARTS[part](settings)
    if problem:
        raise ServiceDown(f"{part} {component}".strip() + f": {problem}")


def states(settings: Settings, part: Part) -> dict[str, str]:
    """Return the state of each program of a part that answers: running, or not healthy."""
    if part.name == "airflow":
        with AirflowApi(settings) as api:
            found = api.components()
        of = {f"airflow-{name.replace('_', '-')}": status for name, status in found.items()}
        told = {name: "running" if of[name] == "healthy" else "not healthy" for name in of}
        return told | ({"airflow-api-server": "running"} if found else {})
    is_up = {
        "mongo": lambda: not _mongo(settings),
        "sync": lambda: readiness.agent_health(settings) is not None,
        "follow": lambda: not _follow(settings),
        "browser": lambda: readiness.browser_serves(part),
    }[part.name]()
    return {each.name: "running" for each in part.programs if is_up}


def _mongo(settings: Settings) -> str:
    if not settings.mongo_uri:
        return "MONGO_URI is empty"
    try:
        with archive.connect(settings.mongo_uri) as client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        return f"{_host_of(settings.mongo_uri)} does not answer: {type(error).__name__}"
    where = _host_of(settings.mongo_uri)
    return "" if hello["isWritablePrimary"] else f"{where} takes no writes yet"


def _host_of(uri: str) -> str:
    """Hosts and ports of a connection string, without the user and the password it may hold."""
    rest = uri.partition("://")[2] or uri
    return re.split(r"[/?]", rest.rsplit("@", 1)[-1])[0]


def _sync(settings: Settings) -> str:
    health = readiness.agent_health(settings)
    return "" if health else f"nothing answers on HEALTH_PORT {settings.health_port}"


def _follow(settings: Settings) -> str:
    """A follower holds its lock for as long as it lives, and asks MongoDB for ever."""
    path = follower_lock_path(settings.search_dir)
    return "" if holder(path) is not None else f"nobody holds {path}"


def _browser(settings: Settings) -> str:
    url = f"http://127.0.0.1:{settings.browser_port}/healthz"
    try:
        answer = httpx.get(url, timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        return f"{url} does not answer: {type(error).__name__}"
    return "" if answer.is_success else f"{url}: {answer.status_code}"


def _airflow(settings: Settings) -> str:
    with AirflowApi(settings) as api:
        missing = api.missing_components()
    return f"not healthy: {', '.join(missing)}" if missing else ""


def _component(settings: Settings, component: str) -> str:
    """Only the web server knows of the others; while it is away nothing is known of them."""
    with AirflowApi(settings) as api:
        found = api.components()
    if not found:
        return f"nothing answers at {api_address(settings)}"
    status = found.get(component.replace("-", "_"), "healthy")
    return "" if status == "healthy" else status


def _metabase(settings: Settings) -> str:
    with Metabase(settings.metabase_url, timeout_seconds=10) as metabase:
        return "" if metabase.is_healthy() else f"{metabase.url} does not answer"


PARTS: dict[str, Callable[[Settings], str]] = {
    "mongo": _mongo,
    "sync": _sync,
    "follow": _follow,
    "airflow": _airflow,
    "browser": _browser,
    "metabase": _metabase,
}
