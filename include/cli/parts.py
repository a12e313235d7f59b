"""`cca mongo`, `cca airflow`, `cca dbt`: a part in the foreground, or a command of its own."""

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


_OWN = ("prepare", "api-server", "scheduler", "dag-processor", "triggerer", "worker")
# What comes after the command's name is passed on as it is, options too.
_PASSED_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=_PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def airflow(arguments: tuple[str, ...]) -> None:
    """Run Airflow's processes in the foreground until Ctrl-C, or any command of Airflow's.

    Without ARGUMENTS all four processes run. One of api-server, scheduler, dag-processor,
    triggerer or worker runs alone. `prepare` creates what they need (tables, pool, logins, dbt's
    manifest) and exits. Everything else goes to the command `airflow` with the settings of this
    installation, such as `cca airflow dags list`.
    """
    from cca.extras import AIRFLOW
    from cca.log import configure
    from cca.settings import get_settings
    from cca.stack import airflow as airflow_home
    from cca.stack import by_hand, foreground, postgres

    AIRFLOW.require("cca airflow")
    configure()
    if not arguments:
        sys.exit(foreground.run_airflow(get_settings()))
    if arguments == ("prepare",):
        with postgres.serving(get_settings()):
            airflow_home.prepare(get_settings())
        return
    if len(arguments) == 1 and arguments[0] in _OWN:
        foreground.become(get_settings(), arguments[0])
    sys.exit(by_hand.airflow(get_settings(), arguments))


@click.command(context_settings=_PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def dbt(arguments: tuple[str, ...]) -> None:
    """Run any command of dbt's on the warehouse, with the settings of this installation.

    Such as `cca dbt build --select fct_prompts+`, `cca dbt test`, `cca dbt ls`.
    """
    from cca.settings import get_settings
    from cca.stack import by_hand

    sys.exit(by_hand.dbt(get_settings(), arguments))
