"""The simulated WhatsApp in a process of its own, which outlives the server: `python -m tests.fault.whatsapp PORT`.

Unlike `plixa simulator` it is in a hurry: ticks come at once, and webhooks are tried again for as long as it takes.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import trio

from plixa.http.simulator import serve
from tests.harness import QUICK

if __name__ == "__main__":
    trio.run(serve, replace(QUICK, port=int(sys.argv[1])))
