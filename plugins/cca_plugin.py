"""Airflow's side of cca: menu entries, a tab on our DAGs, freshness on Home, runs on record.

Every Airflow process imports this file, so what is heavy is imported where it is used.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from cca_airflow import run_listener

from cca.settings import get_settings

_CARD = Path(__file__).with_name("cca_airflow") / "freshness_card.js"
_BROWSER = get_settings().browser_address
# Relative, so that Airflow may live under a path of its own.
_BUNDLE = f"cca/static/{_CARD.name}"


class CcaPlugin(AirflowPlugin):
    """Views of other servers are links: they keep their own sign-in and may not be framed."""

    name = "cca"
    react_apps = [  # noqa: RUF012  (the plugin manager reads plain lists)
        {"name": "Freshness", "bundle_url": _BUNDLE, "destination": "dashboard"},
        {
            "name": "Freshness",
            "bundle_url": _BUNDLE,
            "destination": "dag",
            "url_route": "cca-freshness",
        },
    ]
    listeners = [run_listener]  # noqa: RUF012

    @cached_property
    def external_views(self) -> list[dict[str, Any]]:
        """Links in the menus; to Metabase only where there is one of ours."""
        from cca.publish.metabase import known_key
        from cca.stack.containers import is_container

        settings = get_settings()
        metabase = {"name": "Metabase", "href": settings.metabase_url, "category": "browse"}
        # In containers it is provisioned after this process has started.
        has_metabase = is_container(settings) or bool(known_key(settings))
        return [
            {"name": "Conversations", "href": _BROWSER, "category": "browse"},
            *([metabase] if has_metabase else []),
            {"name": "Data docs", "href": f"{_BROWSER}/dbt-docs/", "category": "docs"},
        ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """`/cca/freshness`, for whoever is signed in."""
        from cca_airflow.freshness_app import app

        return [{"name": "cca", "app": app(_CARD), "url_prefix": "/cca"}]
