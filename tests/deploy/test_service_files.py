"""The files that start the agent at boot are understood by what reads them."""

import json
import os
import plistlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

from cca.settings import PROJECT_DIR, child_environment
from tests.helpers import eventually, free_port

DEPLOY = PROJECT_DIR / "deploy"
AGENT = "-m cca.sync_agent"


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"there is no {program} here")


def unit_text():
    return (DEPLOY / "cca-sync@.service").read_text()


@pytest.fixture
def unit(tmp_path):
    """The service as an administrator would install it, but for the place of the checkout."""
    path = tmp_path / "cca-sync@root.service"
    text = unit_text().replace("/opt/cca/.venv/bin/python", sys.executable)
    path.write_text(text.replace("/opt/cca", str(PROJECT_DIR)))
    return path


@needs("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_service(unit):
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "cca-sync" in line]
    assert (done.returncode, ours) == (0, [])


@needs("systemd-analyze")
def test_the_service_is_well_sandboxed_by_systemds_own_measure(unit):
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    exposure = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    assert exposure, done.stderr
    assert float(exposure[1]) <= 3.0


def test_the_service_starts_at_boot_and_keeps_the_password_out_of_the_unit():
    text = unit_text()
    assert f"ExecStart=/opt/cca/.venv/bin/python {AGENT}\n" in text
    assert "WantedBy=multi-user.target" in text
    assert "EnvironmentFile=/etc/cca/sync-%i.env" in text
    settings = [line for line in text.splitlines() if not line.startswith("#")]
    assert not any("MONGO_URI" in line for line in settings)


def test_launchd_gets_a_program_that_starts_at_login():
    agent = plistlib.loads((DEPLOY / "com.cca.sync.plist").read_bytes())
    assert agent["Label"] == "com.cca.sync"
    assert agent["RunAtLoad"] is True
    shell, flag, program = agent["ProgramArguments"]
    assert AGENT in program
    check = subprocess.run([shell, "-n", flag, program], capture_output=True, check=False)
    assert check.returncode == 0
    assert agent["Umask"] == 0o077


@needs("node")
def test_pm2_gets_a_program_that_exists():
    script = f"console.log(JSON.stringify(require({str(DEPLOY / 'ecosystem.config.js')!r})))"
    (app,) = json.loads(subprocess.check_output(["node", "-e", script]))["apps"]
    assert app["cwd"] == str(PROJECT_DIR)
    assert app["args"] == AGENT
    assert app["interpreter"] == "none"
    assert "stop_exit_codes" not in app, "to pm2 an end by a signal is code 0"


@needs("pm2")
def test_pm2_starts_the_agent_again_that_a_signal_ended(tmp_path):
    pm2 = Pm2(tmp_path)
    try:
        pm2.run("start", str(pm2.file))
        first = eventually(pm2.pid, 30)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: pm2.pid() not in {0, first}, 30)
    finally:
        pm2.run("kill")


class Pm2:
    """A pm2 of the test's own, for the file as it stands with another home and no MongoDB."""

    def __init__(self, folder):
        self.file = folder / "ecosystem.config.js"
        settings = {"CCA_HOME": str(folder / "home"), "CLAUDE_DIR": str(folder / "projects")}
        settings |= {"MONGO_URI": "mongodb://127.0.0.1:9/", "HEALTH_PORT": str(free_port())}
        (folder / "projects").mkdir()
        self.file.write_text(
            f"const given = require({str(DEPLOY / 'ecosystem.config.js')!r});\n"
            f"given.apps[0].env = {json.dumps(settings)};\n"
            f"given.apps[0].script = {sys.executable!r};\n"
            "module.exports = given;\n"
        )
        self.environment = child_environment({"PM2_HOME": str(folder / "pm2")})

    def run(self, *arguments):
        command = [shutil.which("pm2"), *arguments]
        return subprocess.check_output(command, env=self.environment, text=True, timeout=60)

    def pid(self):
        return int(self.run("pid", "cca-sync").strip() or 0)


def test_an_old_service_line_ends_with_a_message_that_names_the_new_line():
    """Services that were set up before the package was named cca still start this one."""
    command = [sys.executable, "-m", "include.sync_agent"]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"`python {AGENT}`" in done.stderr.splitlines()[-1]
    assert f"`python {AGENT}`" in (PROJECT_DIR / "CHANGELOG.md").read_text()
