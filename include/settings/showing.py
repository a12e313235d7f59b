"""What people look at: the conversation browser and Metabase."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from cca.settings.base import HomeSettings, OwnPath, Port
from cca.settings.storing import WarehouseSettings


class BrowserSettings(HomeSettings):
    """The conversation browser and who may sign in."""

    browser_host: str = Field("127.0.0.1", description="Address of the conversation browser.")
    browser_port: Port = Field(3000, description="Port of the conversation browser.")
    browser_url: str = Field(
        "",
        description="Addresses by which people reach the browser from elsewhere, separated by "
        "commas, such as https://claude.example.org behind a proxy with TLS. People must then "
        "sign in.",
    )
    oidc_issuer: str = Field(
        "",
        description="OpenID Connect provider for sign-in to the browser, such as "
        "https://accounts.google.com; empty: passwords only.",
    )
    oidc_client_id: str = Field("", description="The browser's client id at that provider.")
    oidc_client_secret: str = Field(
        "", repr=False, description="The client secret of that provider; empty for a public client."
    )
    oidc_client_secret_file: OwnPath | None = Field(
        None, description="File with the client secret, instead of the secret itself."
    )
    oidc_allowed: str = Field(
        "",
        description="Who may sign in through the provider, separated by commas: addresses "
        "(ada@example.org), "
        "domains (@example.org), or accounts by the provider's number (sub:1234).",
    )
    budget_usd_month: Annotated[float, Field(ge=0)] = Field(
        0,
        description="Budget of a calendar month in USD, where `cca budget set` gave none; 0: none.",
    )

    @field_validator("browser_url")
    @classmethod
    def _whole_addresses(cls, urls: str) -> str:
        for url in filter(None, (part.strip() for part in urls.split(","))):
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
                message = f"{url!r} is no address; write it as https://claude.example.org"
                raise ValueError(message)
        return urls

    @property
    def search_dir(self) -> Path:
        return self.cca_home / "search"

    @property
    def browser_address(self) -> str:
        """Where people reach the browser, by the first of its addresses."""
        first = self.browser_url.split(",")[0].strip()
        return (first or f"http://localhost:{self.browser_port}").rstrip("/")


class McpSettings(HomeSettings):
    """The tools for Claude and other clients (`cca mcp`)."""

    mcp_host: str = Field("127.0.0.1", description="Address of `cca mcp --http`.")
    mcp_port: Port = Field(3002, description="Port of `cca mcp --http`.")
    mcp_url: str = Field(
        "",
        description="Addresses by which clients reach `cca mcp --http` from elsewhere, separated "
        "by commas, such as https://cca.example.org behind a proxy with TLS.",
    )
    claude_code_session_id: str = Field(
        "",
        description="Claude Code sets it for the servers that it starts: the tools leave this "
        "session out.",
    )


class MetabaseSettings(WarehouseSettings):
    """Metabase."""

    metabase_url: str = Field("http://localhost:3001", description="Where Metabase answers.")
    metabase_email: str = Field(
        "cca@example.com",
        description="Metabase's administrator; `cca metabase provision` creates it in a new "
        "Metabase.",
    )
    metabase_password: str = Field(
        "", repr=False, description="That administrator's password; there is no default."
    )
    metabase_api_key: str = Field(
        "",
        repr=False,
        description="API key of a Metabase administrator, instead of email and password. Empty: "
        "`cca metabase provision` creates one in $CCA_HOME/metabase.",
    )
    metabase_gold_dir: Path | None = Field(
        None,
        description="The folder of gold files as Metabase sees it; $CCA_HOME/gold by default.",
    )

    @property
    def gold_dir_in_metabase(self) -> Path:
        return self.metabase_gold_dir or self.gold_dir

    @property
    def metabase_dir(self) -> Path:
        """Where the API key that cca made for itself is kept."""
        return self.cca_home / "metabase"
