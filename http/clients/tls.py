"""Whom outgoing connections trust: the authorities that certifi lists, read once for all clients of a process."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """For `verify=` of every client; do not change it. Each client would otherwise spend 20 ms reading them again.

    Nothing that the environment names is added: a key goes to no server that only this machine trusts.
    """
    return httpx.create_ssl_context(trust_env=False)
