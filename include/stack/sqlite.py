"""How Airflow opens its own SQLite file: a statement waits for another's write, up to 30 s."""

CONNECT_ARGS = {"timeout": 30}
