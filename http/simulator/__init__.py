"""A WhatsApp gateway that needs no WhatsApp: the Evolution API 2.3.7 contract, and customers with phones.

For `make run`, for tests and for benchmarks. Run it alone with `python -m plixa.http.simulator`, or start `serve` in a
nursery of yours. Everything lives in memory (and in a file, where `SimulatorSettings.data` names a folder: `memory`),
every collection has a limit, and nothing of Plixa is imported here.

The way of a message, by file: `asgi` (routes, guards, faults) -> `gateway_messages` or `control` (the customer's side)
-> `records` (the gateway's JSON) -> `world` (what is kept) -> `webhooks` (what is told) -> `outbound` (the wire).
"""

from .asgi import SimulatorApp, make_app
from .server import serve
from .settings import SimulatorSettings, WebhookPolicy

__all__ = ["SimulatorApp", "SimulatorSettings", "WebhookPolicy", "make_app", "serve"]
