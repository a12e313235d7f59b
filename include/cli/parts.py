"""`cca mongo` and `cca airflow`: run one part of the stack in the foreground."""

import sys

import click

from cca.terminal import say


@click.command()
@click.option("--uri", is_flag=True, help="Print the connection string and exit.")
@click.option("--set-up", is_flag=True, help="Prepare the server of MONGO_ADMIN_URI and exit.")
def mongo(*, uri: bool, set_up: bool) -> None:
    """Run the embedded MongoDB in the foreground until it is stopped."""
    from cca.errors import ServiceDown, SettingError
    from cca.mongo import server
    from cca.settings import get_settings

    settings = get_settings()
    if set_up:
        from cca.mongo.set_up import set_up as prepare

        say("\n".join(prepare(settings)) or "everything was set up already")
        return
    if uri:
        running = settings.mongo_uri or server.running_uri(settings)
        if not running:
            message = "the embedded MongoDB does not run; start it with `cca up --only mongo`"
            raise ServiceDown(message)
        say(running)
        return
    if settings.mongo_uri:
        message = "MONGO_URI names a server, so there is no embedded MongoDB to run; unset it"
        raise SettingError(message)
    sys.exit(server.serve(settings))


@click.command()
@click.argument(
    "component",
    required=False,
    type=click.Choice(
        ["prepare", "api-server", "scheduler", "dag-processor", "triggerer", "worker"]
    ),
)
def airflow(component: str | None) -> None:
    """Run Airflow's four processes in the foreground until Ctrl-C, or one COMPONENT of them.

    `prepare` creates what they need (tables, pool, logins, dbt's manifest) and exits.
    """
    from cca.extras import AIRFLOW
    from cca.log import configure
    from cca.settings import get_settings
    from cca.stack import airflow as airflow_home
    from cca.stack import foreground, postgres

    AIRFLOW.require("cca airflow")
    configure()
    if component is None:
        sys.exit(foreground.run_airflow(get_settings()))
    if component == "prepare":
        with postgres.serving(get_settings()):
            airflow_home.prepare(get_settings())
        return
    foreground.become(get_settings(), component)
