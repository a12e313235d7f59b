"""The libraries that more than one of Airflow's servers imports; to import this is to import them.

Libraries only, as in `cca.stack.shared`.
"""
# ruff: noqa: F401

import airflow.__main__
import airflow.api_fastapi.execution_api.app
import airflow.api_fastapi.execution_api.routes
import airflow.cli.commands.api_server_command
import airflow.cli.commands.dag_processor_command
import airflow.cli.commands.scheduler_command
import airflow.cli.commands.triggerer_command
import alembic.autogenerate
import cosmos.operators.local
