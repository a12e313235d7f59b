"""`cca query`: read-only SQL over gold."""

import click

from cca.terminal import say


@click.command()
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table",
    show_default=True, help="How to print the rows.",
)  # fmt: skip
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option("--csv", "form", flag_value="csv", help="Short for --format csv.")
def query(sql: str, form: str) -> None:
    """Run one SQL statement, such as 'select * from dim_sessions limit 5', over the gold file."""
    from cca.settings import get_settings
    from cca.usage.query import as_csv, as_json, ask, print_table

    answer = ask(get_settings().gold_path, sql)
    if form == "json":
        say(as_json(answer))
    elif form == "csv":
        say(as_csv(answer), nl=False)
    else:
        print_table(answer)
