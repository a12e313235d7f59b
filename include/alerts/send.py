"""Sends a message to people: always to the log, by webhook and mail where settings name them."""

import logging
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from cca.settings import Settings

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10

Kind = Literal["failure", "stale", "budget", "digest"]


@dataclass(frozen=True)
class Message:
    """What people read. `facts` go into the JSON of the webhook beside the text.

    `subject` is that of the mail, one line. `text` has one line or more.
    """

    kind: Kind
    subject: str
    text: str
    facts: Mapping[str, str] = field(default_factory=dict)


def has_recipients(settings: Settings) -> bool:
    """Tell whether a message would reach more than the log."""
    return bool(settings.alert_webhook or settings.alert_email)


def send(settings: Settings, message: Message) -> list[str]:
    """Send a message every way there is; return the ways that worked.

    A way that fails stops no other, and raises nothing.
    """
    log.log(logging.INFO if message.kind == "digest" else logging.ERROR, "%s", message.text)
    ways = {
        "webhook": (settings.alert_webhook, _post),
        "mail": (settings.alert_email, _mail),
    }
    worked = []
    for name, (address, tell) in ways.items():
        if not address:
            continue
        try:
            tell(settings, message)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, smtplib.SMTPException) as error:
            # The address itself is a secret: such webhooks carry their token in it.
            log.warning("the message by %s did not go out: %s", name, type(error).__name__)
        else:
            worked.append(name)
    return worked


def _post(settings: Settings, message: Message) -> None:
    body = {"text": message.text, "kind": message.kind, **message.facts}
    httpx.post(settings.alert_webhook, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()


def _mail(settings: Settings, message: Message) -> None:
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = f"cca@{settings.cca_host}"
    mail["To"] = settings.alert_email
    mail.set_content(message.text)
    server = urlsplit(settings.smtp_url)
    connect = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    host, port = server.hostname or "localhost", server.port or 0
    with connect(host, port, timeout=_TIMEOUT_SECONDS) as smtp:
        if server.username:
            if server.scheme == "smtp":
                smtp.starttls()
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(mail)
