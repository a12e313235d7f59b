"""What may be chosen of each filter, as (value, name)."""

from cca.dashboards.browser.numbers.cells import model_names, project_labels
from cca.dashboards.browser.numbers.reader import Asked

_MODELS = (
    "select distinct coalesce(model, 'unknown') as name from marts.fct_api_messages order by 1"
)
_NAMES = {
    "host": "select host as name from marts.dim_hosts order by 1",
    "user": """
    select distinct user_name as name from marts.dim_sessions where user_name is not null order by 1
    """,
}


def options_of(asked: Asked, name: str) -> list[tuple[str, str]]:
    """All values of project, user, model or host, whatever the period."""
    if name == "project":
        return sorted(project_labels(asked).items(), key=lambda each: each[1].lower())
    if name == "model":
        return list(model_names(row["name"] for row in asked.rows_of_all(_MODELS)).items())
    return [(row["name"], row["name"]) for row in asked.rows_of_all(_NAMES[name])]
