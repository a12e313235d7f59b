"""Twenty users of the conversation browser at once; without their browsers."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil

from benchmarks.corpus import Row

USERS, ASKED_EACH = 20, 15


def _asked(client: httpx.Client, path: str) -> float:
    before = time.perf_counter()
    client.get(path).raise_for_status()
    return time.perf_counter() - before


def crowd(url: str, server: int) -> list[Row]:
    """Twenty users at once: pages, windows, searches, filters; without their browsers."""
    paths = [
        "/api/window?session=bench-5000", "/api/rows?q=test&from=0", "/api/rows?project=-bench",
        "/api/window?session=bench-2000", "/api/rows?from=bench-2000",
    ]  # fmt: skip
    process = psutil.Process(server)
    before = process.memory_info().rss
    # A client each, made beforehand: making one costs more than a request.
    clients = [httpx.Client(base_url=url, timeout=60) for _ in range(USERS)]
    for client in clients:
        client.get("/")
    each_mb = (process.memory_info().rss - before) / USERS / 1e6

    def user(number: int) -> list[float]:
        times = []
        for step in range(ASKED_EACH):
            path = paths[(number + step) % len(paths)]
            times.append(_asked(clients[number], path))
            time.sleep(1)
        return times

    with ThreadPoolExecutor(USERS) as pool:
        times = sorted(one for many in pool.map(user, range(USERS)) for one in many)
    p95 = times[int(len(times) * 0.95)]
    return [
        Row(f"{USERS} users, one request a second each: p95", f"{p95 * 1000:.0f} ms", "≤ 300 ms"),
        Row("memory a page that is open", f"{each_mb:.1f} MB", "≤ 3 MB"),
    ]
