"""Whether the public ports can be had."""

import errno
import socket

from revenge.stack.config import StackConfig
from revenge.stack.failure import StackError


def check_free(config: StackConfig) -> None:
    """Raises StackError when the edge could not listen on its ports.

    Asked before anything starts, because Caddy itself would share a port with another Caddy.
    """
    remedy = "REVENGE_DOMAIN needs it" if config.domain else "set REVENGE_PORT to another"
    for port in config.public_ports:
        _check(config.host, port, remedy, "REVENGE_HOST")
    if config.metrics_port:
        remedy = "set REVENGE_METRICS_PORT to another, or to 0 for no metrics"
        _check(config.metrics_host, config.metrics_port, remedy, "REVENGE_METRICS_HOST")


def _check(host: str, port: int, remedy: str, variable: str) -> None:
    try:
        _listen(host, port)
    except OSError as error:
        raise StackError(_problem(error, host, port, remedy, variable)) from error


def _listen(host: str, port: int) -> None:
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    elif socket.has_dualstack_ipv6():
        both = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        both.close()
    else:
        socket.create_server(("", port)).close()


def _problem(error: OSError, host: str, port: int, remedy: str, variable: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} is taken by another program: {remedy}"
        case errno.EACCES | errno.EPERM:
            return f"port {port} may not be used by this account: {remedy}"
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {host}: change {variable}"
        case _:
            return f"port {port} cannot be used: {error.strerror}"
