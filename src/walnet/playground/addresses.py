"""Where the playground listens, under which names it answers, and what is opened."""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import suppress
from dataclasses import dataclass

from walnet.errors import HyperparameterError

# A browser keeps what was done on a page by its address, the port among it: with the
# same port each time, lessons and runs are still there the next time.
PREFERRED_PORT = 9256
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound by default
# Nothing is sent there: it tells which of our addresses leads out of this machine.
ELSEWHERE = ("192.0.2.1", 9)


def listen(host: str, port: int | None) -> socket.socket:
    """Return a listening socket.

    Parameters
    ----------
    host : str
        A name or an address of this machine; ``0.0.0.0`` or ``::`` for all of them.
    port : int or None
        The port; 0 takes a free one, None the preferred one or else a free one.

    Raises
    ------
    HyperparameterError
        If it cannot be listened on.
    """
    if port is None:
        with suppress(OSError):
            return _listen(host, PREFERRED_PORT)
    elif not 0 <= port <= 65_535:
        raise HyperparameterError(f"a port is 0 to 65535, got {port}")
    try:
        return _listen(host, port or 0)
    except OSError as error:
        reason = error.strerror or str(error)
        where = f"{host} port {port}" if port else host
        message = f"walnet cannot listen on {where}: {reason}"
        raise HyperparameterError(message) from error


def _listen(host: str, port: int) -> socket.socket:
    wanted = (host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)
    family, kind, protocol, _, address = socket.getaddrinfo(*wanted)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::" and socket.has_dualstack_ipv6():
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


@dataclass(frozen=True)
class OwnHosts:
    """The names that requests may call this server by, without a port.

    A browser that was led here by DNS rebinding calls the server by a name of the
    attacker's. An IP address cannot be rebound, so where the server listens on all
    addresses of the machine, whichever the request gives is its own.

    Parameters
    ----------
    host : str
        What the server was told to listen on.
    bound : str
        The address that this is.
    machine : str
        The machine's name.
    """

    host: str
    bound: str
    machine: str

    def __contains__(self, name: object) -> bool:
        """Tell whether a host's name, in small letters, is one of this server's."""
        if name in LOOPBACK or name in {self.host.lower(), self.bound} - ANYWHERE:
            return True
        if ipaddress.ip_address(self.bound).is_loopback:
            return False
        machine = self.machine.lower()
        if name and name in {machine, f"{machine}.local"}:
            return True
        return self.bound in ANYWHERE and _is_ip(str(name))


def own_hosts(host: str, listener: socket.socket) -> OwnHosts:
    """Return the names of a server that listens on `host`."""
    bound = str(listener.getsockname()[0]).partition("%")[0]
    return OwnHosts(host, bound, socket.gethostname())


def shown_hosts(own: OwnHosts) -> list[str]:
    """Return the hosts of the addresses to print: this machine's own way in first."""
    if own.bound not in ANYWHERE:
        return [_bracketed(own.host)]
    here = "127.0.0.1" if own.bound != "::" else "[::1]"
    return [here, _way_out() or own.machine]


def _way_out() -> str:
    """Return this machine's address on its network; nothing where it has none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
