"""What the embedded stack consists of: parts a person names, and the programs each one runs."""

import sys
from dataclasses import dataclass

from cca import extras
from cca.settings import Settings
from cca.stack import kind, postgres

# Without the working directory among the places of modules: a home has folders such as `airflow`.
_MODULE = (sys.executable, "-P", "-m")


@dataclass(frozen=True)
class Program:
    """One process under the supervisor."""

    name: str
    command: tuple[str, ...]
    # Long enough for a clean end: MongoDB's checkpoint, the agent's flush, a running task.
    stop_seconds: int = 15
    stop_signal: str = "TERM"
    # How long it must live to count as running; more where nothing can be asked whether it works.
    settled_seconds: int = 1


@dataclass(frozen=True)
class Port:
    """Where a part listens, and the setting that moves it."""

    host: str
    number: int
    setting: str


@dataclass(frozen=True)
class Part:
    """What `cca up --only` names: its programs stand and fall together."""

    name: str
    title: str
    programs: tuple[Program, ...]
    port: Port | None = None
    url: str | None = None
    # The one of several programs that answers at the address.
    server: str = ""

    def address_of(self, program: Program) -> str | None:
        """Return where the program answers people, if it does."""
        return self.url if self.server in {"", program.name} else None


def parts(settings: Settings) -> list[Part]:
    """Return the parts in the order in which they start.

    `mongo` is absent where MONGO_URI names a server. The light stack has `schedule` and no
    `airflow`; in containers Airflow is absent where its image is another one.
    """
    health = Port(settings.health_host, settings.health_port, "HEALTH_PORT")
    browser = Port(settings.browser_host, settings.browser_port, "BROWSER_PORT")
    airflow = Port("127.0.0.1", settings.airflow_port, "AIRFLOW_PORT")
    mongo = Part("mongo", "MongoDB", (Program("mongod", _cca("mongo"), 40),))
    schedule = Program("schedule", _cca("schedule"), 30, settled_seconds=2)
    if kind.is_light(settings):
        orchestration = [Part("schedule", "scheduler", (schedule,))]
    elif extras.AIRFLOW.is_installed():
        programs = (*_tables(settings), *AIRFLOW)
        orchestration = [Part("airflow", "Airflow", programs, airflow, _url(airflow), _API_SERVER)]
    else:
        orchestration = []
    return [
        *(() if settings.mongo_uri else (mongo,)),
        Part(
            "sync", "sync agent", (Program("sync", _cca("sync")),), health, _url(health) + "/health"
        ),
        Part("follow", "follower", (Program("follow", _cca("follow"), settled_seconds=4),)),
        *orchestration,
        Part("browser", "browser", (Program("browser", _cca("browser")),), browser, _url(browser)),
    ]


def _tables(settings: Settings) -> tuple[Program, ...]:
    """Airflow's database, where it is ours. INT ends it at once, TERM waits for its clients."""
    if not postgres.is_used(settings):
        return ()
    return (Program(postgres.PROGRAM, postgres.command(settings), 40, "INT"),)


def _cca(command: str) -> tuple[str, ...]:
    return (*_MODULE, "cca", command)


def _airflow(*arguments: str) -> tuple[str, ...]:
    return (*_MODULE, "airflow", *arguments)


_API_SERVER = "airflow-api-server"
# --skip-serve-logs: the log servers would listen on every interface, and logs are local files
AIRFLOW = (
    Program(_API_SERVER, _airflow("api-server")),
    Program("airflow-scheduler", _airflow("scheduler", "--skip-serve-logs"), 30),
    Program("airflow-dag-processor", _airflow("dag-processor")),
    Program("airflow-triggerer", _airflow("triggerer", "--skip-serve-logs")),
)


def _url(port: Port) -> str:
    host = "localhost" if port.host in {"127.0.0.1", "0.0.0.0", "::1"} else port.host  # noqa: S104
    return f"http://{host}:{port.number}"
