"""Carries requests to the node that has their tenant; nobody but this knows that there is more than one.

    whose       which tenant a request is about, by what it shows: a path, a token, a cookie, a socket's first frame
    kept        a request's body as it comes, kept so that the request can be made once more elsewhere
    edge        the node where a connection came in: serves it there or carries it
    home        the other end: answers what was carried as if it had come in there
    posting     a command for an actor of another node, where no request is behind it
    messages    ASGI scopes and events as bytes
    nats        a carrier over NATS
    natsd       a nats-server of one's own, for development, tests and several processes of one machine

What is carried are ASGI events, of one request or one socket a stream (`engine/wire.py`). A node that has the tenant
answers exactly as it would have without: same bodies, headers, codes and limits. ARCHITECTURE.md, "Carrying requests",
says what each step promises.
"""
