"""docker-compose.yaml and its overrides: valid, closed, least rights, nothing guessable."""

import json
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import check_jsonschema
import click
import pytest
from jsonschema import Draft7Validator

from cca.cli import cca
from cca.gold import runs
from cca.settings import PROJECT_DIR, Settings
from cca.stack import compose_env
from cca.stack.airflow import api_address
from tests.deploy.compose import (
    CELERY,
    EXTERNAL_MONGO,
    MAIN,
    MARQUEZ,
    env_file,
    load,
    references,
    stage,
)

FILES = {
    "main": (MAIN,),
    "celery": (MAIN, CELERY),
    "external-mongo": (MAIN, EXTERNAL_MONGO),
    "marquez": (MAIN, MARQUEZ),
}
# Each image of ours, and the target of the Dockerfile it is.
IMAGES = {"cca:local": "all", "cca-agent:local": "agent", "cca-celery:local": "all"}
EXTERNAL = {**env_file(), "EXTERNAL_MONGO_URI": "mongodb+srv://cca:x@cluster.example.net/"}
# Ours, in the browser's command line; Airflow's own, where cca has no setting.
NO_SETTINGS = re.compile(r"BROWSER_USER|BROWSER_PASSWORD|AIRFLOW__CELERY__\w+")
SECRET = re.compile(r"PASS|SECRET|KEY|_URI|BROKER|BACKEND|AUTH")


@pytest.fixture(params=FILES, scope="module")
def compose(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(*FILES[request.param], variables=EXTERNAL)


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def own(services: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in services.items() if each["image"] in IMAGES}


def test_the_file_keeps_to_the_compose_specification(compose: dict[str, Any]) -> None:
    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text())
    errors = list(Draft7Validator(schema).iter_errors(compose))
    assert [(list(error.absolute_path), error.message) for error in errors] == []


def test_every_variable_is_written_by_make_env_or_has_a_default() -> None:
    written = set(env_file()) | {"EXTERNAL_MONGO_URI"}
    for path in (MAIN, CELERY, EXTERNAL_MONGO, MARQUEZ):
        missing = [name for name, kind, _ in references(path) if kind != "-"]
        assert set(missing) - written == set(), path.name


def test_no_secret_has_a_default_or_stands_in_the_file() -> None:
    for path in (MAIN, CELERY, EXTERNAL_MONGO, MARQUEZ):
        defaults = [name for name, kind, value in references(path) if kind == "-" and value]
        assert [name for name in defaults if SECRET.search(name)] == []
        for line in path.read_text().splitlines():
            name, _, value = line.strip().partition(": ")
            if re.fullmatch(r"[A-Z_]+", name) and SECRET.search(name):
                assert "${" in value, line


def test_compose_says_what_to_do_without_an_env_file() -> None:
    with pytest.raises(KeyError, match="run make env first"):
        load(MAIN, variables={})


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    published = [port for each in services.values() for port in each.get("ports", [])]
    assert len(published) == (6 if "marquez" in services else 5)
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_containers_have_no_rights_they_do_not_need(services: dict[str, Any]) -> None:
    for name, each in services.items():
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert each["read_only"] is True, name
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", each["user"]), name
        assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(each)
        assert "docker.sock" not in json.dumps(each), name


def test_images_are_pinned_to_a_release(services: dict[str, Any]) -> None:
    for name, each in services.items():
        image = each["image"]
        assert "build" in each or re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", image), name


def test_everything_but_one_runs_is_watched_and_waited_for(services: dict[str, Any]) -> None:
    ends = {"mongo-set-up", "airflow-prepare", "metabase-provision"}
    assert services["tools"]["restart"] == "no"
    for name, each in services.items():
        if name == "tools":
            continue
        assert (name in ends) == (each["restart"] == "on-failure"), name
        assert name in ends or "healthcheck" in each, name
        for other, how in each.get("depends_on", {}).items():
            awaited = services[other]
            is_end = how["condition"] == "service_completed_successfully"
            assert is_end == (other in ends), (name, other)
            assert is_end or "healthcheck" in awaited, (name, other)
            # A part of another profile may be left out.
            is_together = set(each["profiles"]) <= {*awaited["profiles"], "celery"}
            assert is_together or how.get("required") is False, (name, other)


def mounts(service: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Target: what is mounted there, and whether it may be written to."""
    parts = [volume.split(":") for volume in service.get("volumes", [])]
    return {part[1]: (part[0], part[2:] != ["ro"]) for part in parts}


def test_readers_cannot_write(services: dict[str, Any]) -> None:
    writers: dict[str, set[str]] = {}
    readers: dict[str, set[str]] = {}
    for name, each in services.items():
        for source, is_writable in mounts(each).values():
            (writers if is_writable else readers).setdefault(source, set()).add(name)
    airflow = {name for name in services if name.startswith("airflow") and name != "airflow-db"}
    airflow.add("tools")
    assert writers["gold"] == airflow
    assert readers["gold"] == {"browser", "metabase", "metabase-provision"}
    assert readers[env_file()["CLAUDE_DIR"]] == {"sync", "tools"}
    assert env_file()["CLAUDE_DIR"] not in writers
    assert writers["search"] == {"follow", "browser", "tools"}
    assert writers["sync-home"] == {"sync", "tools"}
    assert writers["warehouse"] == airflow
    assert writers["metabase-key"] == {"metabase-provision"}


def test_the_browser_sees_how_the_pipeline_s_runs_ended(services: dict[str, Any]) -> None:
    """Where Airflow writes it, the browser reads it, and nothing else of Airflow's."""
    path = str(runs.runs_path(Settings(_env_file=None, cca_home=Path("/data"))))
    seen = {name: _mounted(services[name], path) for name in ("airflow-scheduler", "browser")}
    assert seen == {"airflow-scheduler": ("gold", True), "browser": ("gold", False)}
    written = {source for source, can_write in mounts(services["airflow"]).values() if can_write}
    assert written & {source for source, _ in mounts(services["browser"]).values()} == {"gold"}


def _mounted(service: dict[str, Any], path: str) -> tuple[str, bool]:
    """The volume that holds a path, and whether it may be written to."""
    return max((t, each) for t, each in mounts(service).items() if path.startswith(f"{t}/"))[1]


def test_volumes_are_made_with_the_right_owner(services: dict[str, Any]) -> None:
    """A new volume takes its owner from the folder of the image that it covers."""
    for name, each in own(services).items():
        made = re.search(r"install -d -m 0700 -o \S+ -g \S+ ([^\n]*)", stage(IMAGES[each["image"]]))
        assert made
        volumes = {t for t, (source, _) in mounts(each).items() if not source.startswith("/")}
        assert volumes - set(made[1].split()) == set(), name
    assert "/data/gold" in text("deploy/metabase/Dockerfile")


def test_every_environment_variable_of_ours_is_a_setting(services: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields}
    for name, each in own(services).items():
        unknown = {v for v in each["environment"] if v not in known and not NO_SETTINGS.match(v)}
        assert unknown == set(), name


def test_settings_in_compose_are_values_that_settings_take(services: dict[str, Any]) -> None:
    for name, each in own(services).items():
        environment = {variable.lower(): value for variable, value in each["environment"].items()}
        fields = {k: v for k, v in environment.items() if k in Settings.model_fields and v != ""}
        assert Settings(_env_file=None, **fields).cca_home == Path("/data"), name


def test_every_command_is_one_that_exists_outside_docker(services: dict[str, Any]) -> None:
    ran = [(n, each["command"]) for n, each in own(services).items() if "command" in each]
    assert len(ran) > 9
    for name, command in ran:
        for arguments in commands(command):
            assert parsed(cca, arguments), (name, arguments)


def parsed(group: click.Command, arguments: list[str], parent: Any = None) -> bool:
    """Whether the command takes these arguments; nothing is run."""
    context = group.make_context(group.name, list(arguments), parent=parent)
    if not isinstance(group, click.Group):
        return True
    _, command, rest = group.resolve_command(context, arguments)
    return command is not None and parsed(command, rest, context)


def commands(command: list[str]) -> list[list[str]]:
    """The arguments of `cca`: the command itself, or each `cca` of a shell's."""
    if len(command) > 1 or command[0].isidentifier():
        return [command]
    steps = [shlex.split(step) for step in re.split(r"&&|\|", command[0])]
    return [step[step.index("cca") + 1 :] for step in steps if "cca" in step]


def test_a_mongodb_of_your_own_is_the_only_one_that_is_used() -> None:
    services = load(MAIN, EXTERNAL_MONGO, variables=EXTERNAL)["services"]
    users = {n: each["environment"].get("MONGO_URI") for n, each in own(services).items()}
    others = {name for name, uri in users.items() if uri != EXTERNAL["EXTERNAL_MONGO_URI"]}
    assert others == {"mongo-set-up"}


def test_a_tag_is_built_in_one_way_only() -> None:
    """Of two builds under one tag the last one would win."""
    for files in FILES.values():
        builds: dict[str, set[str]] = {}
        for each in load(*files, variables=EXTERNAL)["services"].values():
            if "build" in each:
                builds.setdefault(each["image"], set()).add(json.dumps(each["build"]))
        assert {image: len(found) for image, found in builds.items()} == dict.fromkeys(builds, 1)


def test_every_service_has_a_limit_of_memory_and_time_to_end(services: dict[str, Any]) -> None:
    for name, each in services.items():
        assert re.fullmatch(r"\d+[mg]", each["mem_limit"]), name
        assert int(each["stop_grace_period"].removesuffix("s")) >= 30, name
    databases = [services[name] for name in ("mongo", "airflow-db", "metabase-db")]
    assert {each["stop_grace_period"] for each in databases} == {"60s"}
    parts = [services[f"airflow-{name}"] for name in ("scheduler", "worker")]
    assert {each["stop_grace_period"] for each in parts} == {"60s"}


def test_health_checks_are_rare_and_start_nothing_heavy(services: dict[str, Any]) -> None:
    """`cca` and `mongosh` take half a second of CPU to start, every time."""
    for name, each in services.items():
        if check := each.get("healthcheck"):
            assert int(check["interval"].removesuffix("s")) >= 60, name
            assert not {"cca", "mongosh"} & set(check["test"]), name


def test_each_part_of_airflow_is_asked_about_itself_only(services: dict[str, Any]) -> None:
    asked = {
        part: services[f"airflow-{part}"]["healthcheck"]["test"][-1]
        for part in ("scheduler", "dag-processor", "triggerer")
    }
    assert asked == {
        "scheduler": "scheduler",
        "dag-processor": "dag_processor",
        "triggerer": "triggerer",
    }


def test_the_tools_have_every_volume_but_those_of_other_programs(compose: dict[str, Any]) -> None:
    """One place for backup, restore, dead letters and forget."""
    found = {source for source, _ in mounts(compose["services"]["tools"]).values()}
    databases = {"mongo", "airflow-db", "metabase-db"}
    # the browser's users and cookies, and the follower's log
    homes = {"browser-home", "follow-home"}
    assert set(compose["volumes"]) - found - {"marquez-db"} == databases | homes
    given = compose["services"]["tools"]["environment"]
    shown = Settings(_env_file=None, **{n.lower(): v for n, v in given.items() if v})
    targets = mounts(compose["services"]["tools"])
    stores = (shown.buffer_path.parent, shown.lake_dir, shown.gold_path.parent, shown.search_dir)
    assert [targets[str(path)][0] for path in stores] == ["sync-home", "lake", "gold", "search"]
    assert targets[str(shown.warehouse_path.parent)][0] == "warehouse"


def test_containers_of_ours_say_which_service_they_are(services: dict[str, Any]) -> None:
    for name, each in own(services).items():
        said = each["environment"]["CCA_SERVICE"]
        assert said == name or (said == "airflow" and name.startswith("airflow")), name


def test_processes_ask_airflow_inside_and_people_outside(services: dict[str, Any]) -> None:
    given = services["airflow-scheduler"]["environment"]
    shown = Settings(_env_file=None, **{n.lower(): v for n, v in given.items() if v})
    assert api_address(shown) == "http://airflow:8080"
    assert shown.airflow_address == "http://localhost:8080"


def test_workers_share_the_scheduler_s_executor() -> None:
    services = load(MAIN, CELERY)["services"]
    executors = {n: e["environment"].get("AIRFLOW_EXECUTOR") for n, e in own(services).items()}
    airflow = {name for name in executors if name.startswith("airflow")}
    images = {services[name]["image"] for name in airflow & set(services)}
    assert images - {services["airflow-db"]["image"]} == {"cca-celery:local"}
    assert {executors[name] for name in airflow} == {"CeleryExecutor"}


def test_people_are_sent_to_addresses_of_this_machine() -> None:
    services = load(MAIN)["services"]
    shown = Settings(
        _env_file=None, **{n.lower(): v for n, v in services["airflow"]["environment"].items() if v}
    )
    links = (shown.airflow_address, shown.metabase_url, shown.browser_address)
    assert links == tuple(f"http://localhost:{port}" for port in (8080, 3001, 3000))
    assert services["metabase"]["environment"]["MB_SITE_URL"] == shown.metabase_url


def test_make_env_writes_fresh_secrets_for_its_owner_and_never_over_old_ones(
    tmp_path: Path,
) -> None:
    path = tmp_path / ".env"
    compose_env.write(path, compose_env.contents(tmp_path, 1000, 1000))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = env_file(), env_file()
    secrets = {name for name in first if SECRET.search(name)}
    assert len(secrets) >= 9
    assert len({first[name] for name in secrets}) == len(secrets)
    assert all(first[name] != second[name] and len(first[name]) >= 24 for name in secrets)
    assert all(re.fullmatch(r"[\w-]+", first[name]) for name in secrets), "they stand in addresses"
    with pytest.raises(FileExistsError):
        compose_env.write(path, "MONGO_PASSWORD=other")
    assert "other" not in path.read_text()


def test_the_env_file_does_not_turn_the_embedded_stack_to_the_containers(tmp_path: Path) -> None:
    """`cca up` reads the same .env: it must not find a MONGO_URI or an executor there."""
    path = tmp_path / ".env"
    path.write_text(compose_env.contents(tmp_path, 1000, 1000))
    changed = {
        name
        for name, value in vars(Settings(_env_file=path)).items()
        if value != getattr(Settings(_env_file=None), name)
    }
    assert changed <= {"claude_dir", "cca_host", "metabase_email", "metabase_password"}


def test_root_s_containers_do_not_run_as_root() -> None:
    assert "CCA_UID=1000\nCCA_GID=1000\n" in compose_env.contents(Path("/root"), 0, 0)


def text(path: str) -> str:
    return (PROJECT_DIR / path).read_text()
