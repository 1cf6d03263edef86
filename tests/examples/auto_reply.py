"""An auto-reply: a server that is told of customers' messages by webhook, and answers each of them once.

PLIXA_TOKEN=… WEBHOOK_SECRET=whsec_… python auto_reply.py https://api.plixa.app 8000
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

TEXT = "Obrigado! Respondemos em breve."


def answer(plixa: httpx.Client, secret: str, headers: Mapping[str, str], raw: bytes) -> int:
    """Answer a delivery's message; returns the status for the delivery. `raw`: the body as it came, not parsed."""
    try:
        Webhook(secret).verify(raw, {name.lower(): value for name, value in headers.items()})
    except WebhookVerificationError:
        return 401
    event = json.loads(raw)
    message = event["data"]
    if event["type"] != "message.inbound" or message["edited_at"] or message["deleted_at"]:
        return 204
    path = f"/v1/conversations/{message['conversation_id']}/messages"
    # The key makes it one answer, however often the event comes.
    sent = plixa.post(path, json={"body": TEXT}, headers={"Idempotency-Key": f"auto-reply-{message['id']}"})
    return 204 if sent.is_success or sent.status_code in (404, 409) else 503  # 503: it comes again


def serve(plixa: httpx.Client, secret: str, port: int) -> ThreadingHTTPServer:
    """A server for deliveries, not started yet."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(answer(plixa, secret, dict(self.headers), raw))
            self.end_headers()

    return ThreadingHTTPServer(("127.0.0.1", port), Hook)


if __name__ == "__main__":
    token = {"Authorization": f"Bearer {os.environ['PLIXA_TOKEN']}"}
    with httpx.Client(base_url=sys.argv[1], headers=token) as client:
        serve(client, os.environ["WEBHOOK_SECRET"], int(sys.argv[2])).serve_forever()
