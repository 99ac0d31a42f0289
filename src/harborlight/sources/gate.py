"""Which addresses a connector may speak to.

In goes the address that the city declared, out comes an `Origin`: scheme, host, port and the one IP address,
resolved once and used for every connection, so that a name that changes its mind later leads nowhere.
Everything that a portal sends (redirects, `next` links) must stay on that origin: an answer never chooses
whom we talk to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from harborlight.errors import SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]

PORTS = {"https": 443, "http": 80}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# A last label of digits, or 0x and hexadecimal digits, is a disguised IPv4 address (0x7f000001, 2130706433).
NUMBER_LABEL = re.compile(r"^(0[xX][0-9a-fA-F]*|[0-9]+)$")


@dataclass(frozen=True)
class Origin:
    """The one place that a source may be fetched from."""

    scheme: str
    host: str
    port: int
    address: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def pinned(self) -> str:
        """Address and port to connect to."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def resolve_name(host: str, port: int) -> list[str]:
    """All IP addresses of a name, in the order in which the system prefers them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))


def open_gate(url: str, *, allow_private_hosts: bool, where: str, resolve: Resolve = resolve_name) -> Origin:
    """Check a configured address and resolve its host once. Raises SourceError."""
    parts = _split(url, where)
    if parts.scheme == "http" and not allow_private_hosts:
        raise SourceError("the address is not https", where=where, hint="Only https is fetched; change `url`.")
    host, port = _host(parts, where), parts.port or PORTS[parts.scheme]
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError):
        raise SourceError(f"the host {host} has no address", where=where, hint="Check `url` and the network.") from None
    if not addresses:
        raise SourceError(f"the host {host} has no address", where=where, hint="Check `url` and the network.")
    for address in addresses:
        if not is_allowed(address, allow_private_hosts=allow_private_hosts):
            raise SourceError(
                f"the host {host} has the address {address}, which is not on the public internet",
                where=where,
                hint="Data is fetched from public hosts only.",
            )
    return Origin(parts.scheme, host, port, addresses[0])


def check_target(origin: Origin, base: str, location: str, *, where: str) -> str:
    """The absolute address of a redirect or link, if it stays on the origin. Raises SourceError."""
    parts = _split(urljoin(base, location), where)
    same = (parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]) == (
        origin.scheme,
        origin.host,
        origin.port,
    )
    if not same:
        raise SourceError(
            f"the portal sends us on to another place ({parts.scheme}://{parts.hostname})",
            where=where,
            hint="Only the declared host and port are fetched; if the portal moved, change `url`.",
        )
    return parts._replace(fragment="").geturl()


def is_allowed(address: str, *, allow_private_hosts: bool) -> bool:
    """Whether this machine may connect to an IP address, looking through every IPv4-in-IPv6 disguise."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    forms = list(_forms(ip))
    if any(form.is_multicast or form.is_unspecified or form.is_link_local for form in forms):
        return False
    return allow_private_hosts or all(form.is_global and not form.is_reserved for form in forms)


def _forms(ip: Address) -> Iterator[Address]:
    """The address and the IPv4 addresses hidden in it."""
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in NAT64:
            hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        inner = [form for form in hidden if form is not None]
        yield from inner
        if ip.ipv4_mapped is not None:
            return
    yield ip


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise SourceError("the address cannot be read", where=where, hint="Check `url`.") from None
    if parts.scheme not in PORTS:
        raise SourceError(
            f"addresses of the kind {parts.scheme or 'none'}: are not fetched", where=where, hint="Use https."
        )
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise SourceError(
            "the address has no host, or carries a password",
            where=where,
            hint="Write https://host/path; put a token into the variable named by `token_variable`.",
        )
    return parts


def _host(parts: SplitResult, where: str) -> str:
    """The host name, refusing the encoded forms of IP addresses that resolvers accept."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return host
    if NUMBER_LABEL.match(host.rsplit(".", 1)[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            raise SourceError("the host is an encoded IP address", where=where, hint="Write the host's name.") from None
    return host
