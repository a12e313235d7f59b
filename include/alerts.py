"""Tells people of a failure: always in the log, by webhook and mail where settings name them."""

import logging
import smtplib
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx

from cca.settings import Settings

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Alert:
    """What went wrong, where, and the page that tells more."""

    dag_id: str
    run_id: str
    task_id: str
    reason: str
    url: str

    @property
    def text(self) -> str:
        """One sentence and the address."""
        place = f" in {self.task_id}" if self.task_id else ""
        return f"cca: {self.dag_id} failed{place} ({self.reason}), run {self.run_id}: {self.url}"


def send(settings: Settings, alert: Alert) -> list[str]:
    """Send it every way there is; returns the ways that worked. A way that fails stops no other."""
    log.error("%s", alert.text)
    ways = {
        "webhook": (settings.alert_webhook, _post),
        "mail": (settings.alert_email, _mail),
    }
    worked = []
    for name, (address, tell) in ways.items():
        if not address:
            continue
        try:
            tell(settings, alert)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, smtplib.SMTPException) as error:
            # The address itself is a secret: such webhooks carry their token in it.
            log.warning("the alert by %s did not go out: %s", name, type(error).__name__)
        else:
            worked.append(name)
    return worked


def _post(settings: Settings, alert: Alert) -> None:
    body = {"text": alert.text, **asdict(alert)}
    httpx.post(settings.alert_webhook, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()


def _mail(settings: Settings, alert: Alert) -> None:
    message = EmailMessage()
    message["Subject"] = f"cca: {alert.dag_id} failed"
    message["From"] = f"cca@{settings.cca_host}"
    message["To"] = settings.alert_email
    message.set_content(alert.text)
    server = urlsplit(settings.smtp_url)
    connect = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    host, port = server.hostname or "localhost", server.port or 0
    with connect(host, port, timeout=_TIMEOUT_SECONDS) as smtp:
        if server.username:
            if server.scheme == "smtp":
                smtp.starttls()
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(message)
