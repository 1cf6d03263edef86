"""A mail server on loopback that does as a test says: it takes mails, refuses, falls silent, or hangs up."""

from __future__ import annotations

import ssl
from base64 import b64decode
from dataclasses import dataclass, field
from functools import partial

import trio


@dataclass
class SmtpServerScript:
    """`says` maps a step ("MAIL", "RCPT", "DATA", "END", "AUTH", "HELLO") to another reply than 250; the replies
    "silence", "hang up" and "late" (the usual one, after 0.5 s) are what they say."""

    says: dict[str, str] = field(default_factory=dict)
    password: str = ""
    tls: ssl.SSLContext | None = None
    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


class _Gone(Exception):
    """Hung up."""


class _Talk:
    """One connection."""

    def __init__(self, server: SmtpServerScript, stream: trio.abc.Stream) -> None:
        self.server = server
        self.stream = stream
        self.buffer = b""
        self.secure = False

    async def run(self) -> None:
        try:
            await self.reply("HELLO", "220 mail.example ready")
            while await self.one():
                pass
        except (_Gone, trio.BrokenResourceError):
            pass
        finally:
            await trio.aclose_forcefully(self.stream)

    async def reply(self, step: str, usual: str) -> bool:
        """True if it was the usual one."""
        self.server.steps.append(step)
        said = self.server.says.get(step, usual)
        if said == "silence":
            await trio.sleep_forever()
        if said == "hang up":
            raise _Gone
        if said == "late":
            await trio.sleep(0.5)
            said = usual
        await self.stream.send_all(said.encode() + b"\r\n")
        return said == usual

    async def until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            data = await self.stream.receive_some()
            if not data:
                raise _Gone
            self.buffer += data
        before, _, self.buffer = self.buffer.partition(end)
        return before

    async def one(self) -> bool:
        verb, _, rest = (await self.until(b"\r\n")).decode().partition(" ")
        if verb.upper() == "EHLO":
            lines = ["mail.example", *(["AUTH PLAIN"] if self.server.password else [])]
            lines += ["STARTTLS"] if self.server.tls and not self.secure else []
            text = "\r\n".join(f"250-{line}" for line in lines) + "\r\n250 OK"
            await self.stream.send_all(text.encode() + b"\r\n")
        elif verb.upper() == "STARTTLS" and self.server.tls:
            await self.reply("STARTTLS", "220 go on")
            self.stream = trio.SSLStream(self.stream, self.server.tls, server_side=True)
            self.secure = True
        elif verb.upper() == "AUTH":
            right = b64decode(rest.split()[1]).split(b"\0")[2].decode() == self.server.password
            await self.reply("AUTH", "235 welcome" if right else "535 5.7.8 who are you?")
        elif verb.upper() == "MAIL":
            self.server.senders.append(rest)
            await self.reply("MAIL", "250 ok")
        elif verb.upper() == "RCPT":
            self.server.recipients.append(rest)
            await self.reply("RCPT", "250 ok")
        elif verb.upper() == "DATA":
            await self.data()
        elif verb.upper() == "QUIT":
            await self.reply("QUIT", "221 bye")
            return False
        else:
            await self.reply("UNKNOWN", "502 unknown")
        return True

    async def data(self) -> None:
        if await self.reply("DATA", "354 go on"):
            body = await self.until(b"\r\n.\r\n")
            lines = [line[1:] if line.startswith(b".") else line for line in body.split(b"\r\n")]
            self.server.mails.append(b"\r\n".join(lines) + b"\r\n")
            self.server.secure.append(self.secure)
            await self.reply("END", "250 queued")


async def open_smtp_server(nursery: trio.Nursery, server: SmtpServerScript, *, from_the_start: bool = False) -> None:
    """Serve until the nursery is cancelled; sets `server.port`. from_the_start: TLS before the first word."""

    async def talk(stream: trio.SocketStream) -> None:
        if from_the_start and server.tls is not None:
            one = _Talk(server, trio.SSLStream(stream, server.tls, server_side=True))
            one.secure = True
            await one.run()
        else:
            await _Talk(server, stream).run()

    listeners = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
    server.port = listeners[0].socket.getsockname()[1]
