#!/usr/bin/python3
"""podman 4 as podman-compose 1.6 wants it: what only newer ones know is left out or done here."""

import os
import re
import subprocess
import sys
import time

REAL = "/usr/bin/podman"
# podman-compose gives up by itself after its own time.
_PATIENCE = 120.0


def translated(arguments: list[str]) -> list[str]:
    """Leave out options that podman 4 lacks, and make mounts as Docker does."""
    kept: list[str] = []
    for argument in arguments:
        if kept and kept[-1] == "--health-startup-interval":
            kept.pop()
        elif not argument.startswith("--requires="):
            kept.append(re.sub(r":uid=\d+,gid=\d+,mode=\d+$", ":mode=1777", argument))
    if kept[0] in {"create", "run"}:
        # Otherwise podman mounts folders of its own over /run and /var/tmp.
        kept.insert(1, "--read-only-tmpfs=false")
    return kept


def wait_until_healthy(names: list[str]) -> int:
    """Ask as systemd would: without it podman runs no health check by itself."""
    until = time.monotonic() + _PATIENCE
    for name in names:
        while subprocess.run(
            [REAL, "healthcheck", "run", name], capture_output=True, check=False
        ).returncode:
            if time.monotonic() > until:
                sys.stderr.write(f"{name} is not healthy\n")
                return 1
            time.sleep(1)
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        # The first whose `wait` knows --condition=healthy, which is done here.
        sys.stdout.write("podman version 4.6.0\n")
        sys.exit()
    if sys.argv[1] == "wait" and "--condition=healthy" in sys.argv:
        sys.exit(wait_until_healthy(sys.argv[3:]))
    os.execv(REAL, [REAL, *translated(sys.argv[1:])])
