"""Where a webhook may go: not everything that this server can reach is meant to be reached.

Administrators set webhooks, and networks of plants are private, so private addresses are
allowed. What is not: this machine itself (its database, its broker), unless the settings
allow it, and addresses of the link, where clouds hand out credentials.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from maintenance.notifying.channels.base import DeliveryError

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Target:
    """A host, and the one address of it that was looked at and found allowed."""

    host: str
    address: str

    def apply_to(self, request: httpx.Request) -> None:
        """Have the request go to that address. The certificate must still be the host's."""
        request.url = request.url.copy_with(host=self.address)
        request.extensions["sni_hostname"] = self.host


def target_of(url: str) -> Target:
    """Look the host up. Raises DeliveryError where there is none, or none that is allowed."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host else []
    except socket.gaierror as exc:
        raise DeliveryError(f"{host} is not known: {exc}", is_passing=True) from exc
    except ValueError as exc:
        raise DeliveryError(f"{url} is no address: {exc}", is_passing=False) from exc
    for *_, (address, *_port) in found:
        if is_allowed(str(address)):
            return Target(host, str(address))
    raise DeliveryError(f"{host} is not a place to send to.", is_passing=False)


def is_allowed(address: str) -> bool:
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return bool(settings.NOTIFY_ALLOW_LOOPBACK)
    return not (ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved)
