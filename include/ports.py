"""Ports are looked at before a server starts, so that the message can name the setting."""

import errno
import socket

from cca.errors import PortTaken, ServiceDown

_TRIED = 1000


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            # An address of another machine is not a taken port: the server itself will say so.
            return error.errno != errno.EADDRINUSE
    return True


def first_free(first: int, host: str = "127.0.0.1") -> int:
    """The first free port from that one on."""
    for port in range(first, first + _TRIED):
        if is_free(host, port):
            return port
    raise ServiceDown(f"no free port between {first} and {first + _TRIED}")


def require_free(host: str, port: int, *, setting: str, server: str) -> None:
    """Raise PortTaken, naming the setting that moves the server, unless the port is free."""
    if not is_free(host, port):
        message = (
            f"port {port} for {server} is taken by another program; "
            f"stop that, or set {setting} to a free port"
        )
        raise PortTaken(message)
