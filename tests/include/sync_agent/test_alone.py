"""The agent runs on a laptop that has nothing of cca but its few dependencies."""

import re
import subprocess
import sys

from cca.settings import PROJECT_DIR

# Import names of what requirements.txt lists, and what those bring along.
ALLOWED = {
    "pydantic", "pydantic_core", "pydantic_settings", "annotated_types", "typing_extensions",
    "typing_inspection", "dotenv", "orjson", "pymongo", "bson", "gridfs", "dns", "watchdog",
    "ahocorasick_rs",
}  # fmt: skip
OURS = {"settings", "errors", "log", "mongo", "entries", "masking", "sync_agent"}

PROGRAM = f"""
import sys
allowed = {ALLOWED!r} | sys.stdlib_module_names | {{"cca"}}
ours = {OURS!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        foreign = parts[0] not in allowed and not name.startswith("_sysconfigdata")
        if foreign or (parts[0] == "cca" and parts[1:] and parts[1] not in ours):
            raise ModuleNotFoundError(f"blocked: {{name}}", name=name)
sys.meta_path.insert(0, Blocker())
import pkgutil, importlib, cca.sync_agent
for module in pkgutil.iter_modules(cca.sync_agent.__path__):
    importlib.import_module("cca.sync_agent." + module.name)
print("imported", len(sys.modules))
"""


def test_the_agent_imports_with_nothing_else_installed():
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "imported" in done.stdout


def test_its_requirements_are_a_part_of_the_projects():
    def names(path):
        lines = (PROJECT_DIR / path).read_text().splitlines()
        return {re.split(r"[^\w-]", line)[0] for line in lines if re.match(r"\w", line)}

    assert names("include/sync_agent/requirements.txt") <= names("requirements.txt")
