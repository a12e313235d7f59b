"""A program: brings Airflow's tables up to date, and makes the pool of DuckDB's one writer."""

import sys

from airflow.__main__ import main

from cca.stack.airflow import POOL

for command in (
    ("db", "migrate"),
    ("pools", "set", POOL, "1", "one slot: the warehouse file has one writer"),
):
    sys.argv = ["airflow", *command]
    main()
