"""The network block: Python processes reach this machine and nothing else.

It is an audit hook, so that it sees every socket of the process whichever library opened it, and
cannot be taken off again. What C libraries connect by themselves (a browser, say) it does not see.
"""

import os
import sys

_installed = False


class NetworkBlockedError(OSError):
    """A connection or a name look-up that would have left this machine."""


def install():
    """Block the network in this process, once."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_refuse_the_network)


def inherit(environment):
    """Set the variables that make Python processes started with this environment block it too."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 -- no pathlib at start
    others = [p for p in environment.get("PYTHONPATH", "").split(os.pathsep) if p and p != here]
    environment["PYTHONPATH"] = os.pathsep.join([here, *others])
    environment["COURSE_NO_NETWORK"] = "1"


def _refuse_the_network(event, arguments):
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # A string or bytes is a Unix socket; None is a socket that was connected (and judged)
        # before; a tuple that begins with a number is a kernel's netlink socket.
        if isinstance(address, tuple) and address and isinstance(address[0], str | bytes):
            _refuse_unless_local(event, address[0])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        _refuse_unless_local(event, arguments[0])


def _refuse_unless_local(event, host):
    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
    if not _is_local(text):
        raise NetworkBlockedError(
            f"The network is blocked here (COURSE_NO_NETWORK): {event} to {text!r} was refused. "
            "The course must work without a network."
        )


def _is_local(host):
    import ipaddress
    import socket

    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # 0.0.0.0 and :: are where a server listens; looking them up asks nobody.
    return address.is_loopback or address.is_unspecified
