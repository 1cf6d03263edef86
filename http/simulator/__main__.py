"""`python -m plixa.http.simulator`: the simulator alone, on its own port."""

from __future__ import annotations

import argparse
from dataclasses import replace

import trio

from .server import serve
from .settings import SimulatorSettings


def main() -> None:
    """Read the command line and serve until Ctrl-C."""
    settings = _settings()
    try:
        trio.run(_run, settings)
    except* KeyboardInterrupt:
        print("The simulator has stopped.")


def _settings() -> SimulatorSettings:
    parser = argparse.ArgumentParser(prog="plixa.http.simulator", description=__doc__)
    default = SimulatorSettings()
    parser.add_argument("--host", default=default.host)
    parser.add_argument("--port", type=int, default=default.port, help="0 takes a free one")
    parser.add_argument("--api-key", default=default.api_key, help="the global key")
    parser.add_argument("--public-url", default=None, help="how phones reach it, if not by host and port")
    parser.add_argument("--pairing", choices=["auto", "manual"], default=default.pairing)
    parser.add_argument("--seed", type=int, default=None, help="makes the faults repeatable")
    parser.add_argument("--auto-read", action="store_true", help="customers read everything")
    return replace(default, **vars(parser.parse_args()))


async def _run(settings: SimulatorSettings) -> None:
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, settings)
        print(f"WhatsApp simulator: http://{settings.host}:{port}/  (key: {settings.api_key})")


if __name__ == "__main__":
    main()
