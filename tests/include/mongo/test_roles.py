"""A server that several machines share, with TLS and passwords: what each role may and may not."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from pymongo.errors import OperationFailure

from cca.errors import NotFound, ServiceDown, SettingError
from cca.extract.run import extract
from cca.extract.window import resolve
from cca.follow.agent import catch_up
from cca.home import SPOOL_NAME
from cca.mongo import archive, roles
from cca.search.searcher import Searcher
from cca.settings import PROJECT_DIR, Settings
from cca.sync_agent.agent import sync_once
from cca.sync_agent.dead_letters import list_letters
from tests.include.sync_agent.own_mongod import SESSION, OwnMongod

UNAUTHORIZED = 13
LONG = 17 << 20


@dataclass(frozen=True)
class Shared:
    """The server as its owner reaches it."""

    uri: str
    folder: Path

    def settings(self, uri: str, name: str, host: str = "laptop") -> Settings:
        """The settings of another machine that signs in with that connection string."""
        home = self.folder / name
        (home / "projects" / "-srv-a").mkdir(parents=True, exist_ok=True)
        return Settings(
            cca_home=home / "home",
            claude_dir=str(home / "projects"),
            mongo_uri=uri,
            mongo_db="team",
            cca_host=host,
            _env_file=None,
        )

    def sign_in(self, role: str, db: str = "team") -> Settings:
        """A new user of that role, and the settings of its machine."""
        owner = Settings(mongo_uri=self.uri, mongo_db=db, _env_file=None)
        with archive.connect(self.uri) as client:
            password = roles.add(client, owner, f"{db} {role}", role)
        return self.settings(roles.uri_for(self.uri, f"{db} {role}", password), role)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A mongod with certificates of deploy/tls.sh and a first user, as docs/team.md makes it."""
    folder = tmp_path_factory.mktemp("team")
    subprocess.run(
        [PROJECT_DIR / "deploy" / "tls.sh", folder / "tls", "localhost", "127.0.0.1"], check=True
    )
    key = folder / "keyfile"
    key.write_text("a" * 64)
    key.chmod(0o600)
    ca = folder / "tls" / "ca.pem"
    server = OwnMongod(
        folder / "mongod",
        *("--replSet", "rs0", "--keyFile", str(key), "--tlsMode", "requireTLS"),
        *("--tlsCertificateKeyFile", str(folder / "tls" / "server.pem"), "--tlsCAFile", str(ca)),
        "--tlsAllowConnectionsWithoutCertificates",
        client=f"&tls=true&tlsCAFile={quote(str(ca), safe='/')}",
    )
    server.start()
    try:
        server.wait()
        with archive.connect(server.uri) as client:
            may = ["userAdminAnyDatabase"]
            client.admin.command("createUser", "owner", pwd="top secret", roles=may)
        yield Shared(roles.uri_for(server.uri, "owner", "top secret"), folder)
    finally:
        server.kill()


def write_transcript(settings, *lines):
    path = settings.claude_dirs[0] / "-srv-a" / f"{SESSION}.jsonl"
    with path.open("ab") as file:
        file.writelines(lines)


def line(uuid, text="a walrus on the beach"):
    entry = {
        "type": "user",
        "uuid": uuid,
        "sessionId": SESSION,
        "timestamp": "2026-11-01T10:00:00Z",
        "message": {"role": "user", "content": text},
    }
    return json.dumps(entry).encode() + b"\n"


def conversations(settings):
    return archive.conversations(archive.connect(settings.mongo_uri), settings)


def is_refused(action):
    """Whether the server says that this user may not."""
    with pytest.raises(OperationFailure) as refusal:
        action()
    return refusal.value.code == UNAUTHORIZED


def test_an_agent_may_add_entries_and_neither_read_change_nor_delete_any(shared):
    agent, reader = shared.sign_in("agent"), shared.sign_in("reader")
    write_transcript(agent, line("u1"), line("long", "x" * LONG), line("u2"))
    admin = shared.sign_in("admin")
    assert sync_once(agent, agent.mongo_uri).stored == 3
    write_transcript(agent, line("u3"))
    assert sync_once(agent, agent.mongo_uri).stored == 1
    again = shared.settings(agent.mongo_uri, "agent-anew")
    write_transcript(again, line("u1"), line("u2"))
    assert sync_once(again, again.mongo_uri).duplicates == 2

    mine = conversations(agent)
    assert is_refused(mine.find_one)
    assert is_refused(lambda: mine.count_documents({}))
    assert is_refused(lambda: list(mine.watch(max_await_time_ms=1)))
    assert is_refused(lambda: mine.update_many({}, {"$set": {"type": "x"}}))
    assert is_refused(lambda: mine.delete_many({}))
    assert is_refused(mine.drop)
    assert is_refused(mine.database["fs.chunks"].find_one)
    assert is_refused(lambda: mine.database["fs.chunks"].delete_many({}))
    assert is_refused(mine.database["sessions"].find_one)
    assert is_refused(lambda: mine.database["anything"].insert_one({}))
    assert is_refused(lambda: mine.database.client["other"]["x"].insert_one({}))

    found = conversations(reader)
    assert sorted(d["uuid"] for d in found.find({}, {"uuid": 1})) == ["long", "u1", "u2", "u3"]
    (big,) = found.find({"rawFile": {"$exists": True}})
    assert archive.whole(found, big)["rawLine"] == line("long", "x" * LONG)[:-1]
    assert conversations(admin).delete_many({}).deleted_count == 4


def test_a_retry_completes_a_long_line_after_an_interrupted_attempt(shared):
    agent, admin = shared.sign_in("agent"), shared.sign_in("admin")
    write_transcript(agent, text := line("broken", "y" * LONG))
    sync_once(agent, agent.mongo_uri)
    found = conversations(admin)
    document = found.find_one_and_delete({"uuid": "broken"})
    found.database["fs.files"].delete_one({"_id": document["rawFile"]})
    found.database["fs.chunks"].delete_one({"files_id": document["rawFile"], "n": 5})
    anew = shared.settings(agent.mongo_uri, "agent-after-the-break")
    write_transcript(anew, text)
    assert sync_once(anew, anew.mongo_uri).stored == 1
    assert archive.whole(found, found.find_one({"uuid": "broken"}))["rawLine"] == text[:-1]


def test_a_reader_searches_and_extracts_and_writes_nothing(shared):
    agent, reader, keeper = map(shared.sign_in, ("agent", "reader", "keeper"))
    write_transcript(agent, line("w1", "the narwhal of the north"))
    sync_once(agent, agent.mongo_uri)

    catch_up(reader, reader.mongo_uri)
    assert Searcher(reader, reader.mongo_uri).search("narwhal").total == 1
    lists = conversations(reader).database["sessions"]
    assert lists.count_documents({}) == 0
    catch_up(keeper, keeper.mongo_uri)
    assert lists.count_documents({}) == 1
    assert extract(reader, reader.mongo_uri, resolve(full_backfill=True)).documents > 0

    for settings in (reader, keeper):
        archived = conversations(settings)
        assert is_refused(lambda: archived.insert_one({"_id": "x"}))  # noqa: B023
        assert is_refused(lambda: archived.delete_many({}))  # noqa: B023
        assert is_refused(lambda: archived.database["fs.files"].delete_many({}))  # noqa: B023
    assert is_refused(lambda: lists.delete_many({}))
    assert is_refused(lambda: lists.database["annotations"].insert_one({}))
    kept = conversations(keeper).database["annotations"]
    assert kept.insert_one({"_id": "note"}).acknowledged


def test_one_server_holds_several_archives_with_users_of_their_own(shared):
    agent = shared.sign_in("agent", db="other_team")
    write_transcript(agent, line("u1"))
    with pytest.raises(ServiceDown, match=r"MONGO_URI may not write to team.conversations"):
        sync_once(agent, agent.mongo_uri)


def test_the_agent_alone_takes_its_password_and_never_shows_a_wrong_one(shared):
    agent = shared.sign_in("agent")
    write_transcript(agent, line("alone"))
    password = agent.mongo_uri.split("@")[0].rsplit(":")[-1]
    for uri, code in ((agent.mongo_uri, 0), (agent.mongo_uri.replace(password, "wr0ng-pass"), 1)):
        done = subprocess.run(
            [sys.executable, "-m", "cca.sync_agent", "--once"],
            cwd=PROJECT_DIR,
            env={**agent.as_environment(), "MONGO_URI": uri, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert password not in done.stderr + done.stdout
    assert "MONGO_URI" in done.stderr
    assert "wr0ng" not in done.stderr


def cca(uri, *arguments):
    return subprocess.run(
        [sys.executable, "-c", "from cca.cli import main; main()", "users", *arguments],
        cwd=PROJECT_DIR,
        env={
            "PATH": "/usr/bin:/bin",
            "MONGO_URI": uri,
            "MONGO_DB": "team",
            "CCA_ENV_FILE": "/dev/null",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_makes_users_shows_them_and_takes_them_away(shared):
    made = cca(shared.uri, "add", "anna", "--role", "reader")
    assert made.returncode == 0, made.stderr
    uri = made.stdout.strip().removeprefix("MONGO_URI=")
    with archive.connect(uri) as client:
        assert is_refused(lambda: client["team"]["conversations"].insert_one({}))
    listed = json.loads(cca(shared.uri, "list", "--json").stdout)
    assert {"name": "anna", "role": "reader"} in listed["rows"]
    assert "owner" not in {row["name"] for row in listed["rows"]}
    assert cca(shared.uri, "remove", "anna").returncode == 0
    with archive.connect(uri) as client, pytest.raises(OperationFailure):
        client["team"]["conversations"].find_one()
    assert "no user anna" in cca(shared.uri, "remove", "anna").stderr


def test_a_new_password_comes_with_a_new_role_and_the_old_one_is_void(shared):
    before = shared.sign_in("reader")
    with archive.connect(shared.uri) as client:
        owner = shared.settings(shared.uri, "owner")
        roles.add(client, owner, "team reader", "agent")
        found = {user.name: user.role for user in roles.users(client, owner)}
        assert found["team reader"] == "agent"
    with pytest.raises(OperationFailure):
        conversations(before).find_one()


def test_an_agent_may_add_readings_of_limits_and_without_the_right_they_wait(shared):
    agent, owner = shared.sign_in("agent"), shared.settings(shared.uri, "owner")
    spool = agent.cca_home / SPOOL_NAME
    spool.mkdir(parents=True, exist_ok=True)
    reading = {"type": "limits", "timestamp": "2026-11-01T10:00:00Z", "sessionId": SESSION}
    (spool / "limits-2026-11.jsonl").write_text(json.dumps(reading) + "\n")
    sync_once(agent, agent.mongo_uri)
    assert is_refused(archive.limits_beside(conversations(agent)).find_one)
    # As a role of before had it: conversations go on, and the reading is kept with the reason.
    with archive.connect(shared.uri) as client:
        name = f"{owner.mongo_db}.agent"
        [role] = client.admin.command("rolesInfo", name, showPrivileges=True)["roles"]
        kept = [one for one in role["privileges"] if one["resource"]["collection"] != "limits"]
        client.admin.command("updateRole", name, privileges=kept)
    with (spool / "limits-2026-11.jsonl").open("a") as file:
        file.write(json.dumps(reading | {"costUsd": 2}) + "\n")
    write_transcript(agent, line("beside-limits"))
    report = sync_once(agent, agent.mongo_uri)
    assert (report.stored, report.dead_letters) == (1, 1)
    assert "cca users add" in list_letters(agent.buffer_path)[-1].reason


def test_users_that_are_not_ours_are_left_alone(shared):
    with archive.connect(shared.uri) as client:
        owner = shared.settings(shared.uri, "owner")
        with pytest.raises(SettingError, match="owner exists and is not cca's"):
            roles.add(client, owner, "owner", "agent")
        with pytest.raises(NotFound, match="owner"):
            roles.remove(client, owner, "owner")


def test_the_error_for_missing_rights_names_the_role_that_manages_users(shared):
    agent = shared.sign_in("agent")
    nobody = shared.uri.replace("owner:top%20secret@", "").replace("&authSource=admin", "")
    for uri in (agent.mongo_uri, nobody):
        done = cca(uri, "add", "eve", "--role", "admin")
        assert done.returncode == 1
        assert "userAdminAnyDatabase" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_embedded_server_has_no_team():
    done = cca("", "list")
    assert done.returncode == 1
    assert "set MONGO_URI" in done.stderr


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mongodb://h/", "mongodb://a%20b:p%40w@h/?authSource=admin"),
        (
            "mongodb+srv://u:p@h/db?authSource=db&tls=true",
            "mongodb+srv://a%20b:p%40w@h/?tls=true&authSource=admin",
        ),
        (
            "mongodb://h1,h2:1?replicaSet=rs0",
            "mongodb://a%20b:p%40w@h1,h2:1/?replicaSet=rs0&authSource=admin",
        ),
    ],
)
def test_a_connection_string_takes_another_user(uri, expected):
    assert roles.uri_for(uri, "a b", "p@w") == expected
