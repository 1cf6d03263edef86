"""Programs that break a running Plixa on purpose and then check what it promises.

    crash       the server is killed (SIGKILL) at random moments under load, with and without a gateway that fails
    postgres    the database is killed under load; the server must come back by itself
    resume      live sockets are cut and the server restarted; every client must end up with what REST shows
    texts       what people may write at its nastiest; no reader, pattern or script may be busy with it for long
    overload    clients that stop reading, idle sockets, a flood on one conversation; others must not notice
    stuck       sends in doubt, dead files, unreadable pictures; the number's other messages must not notice
    edge        everything bad that connections, requests, frames and webhooks can be; nothing may hold up the others

Each runs as `python -m tests.fault.<name>` in its long form, prints what it did and ends with status 0 or 1; the
`test_*.py` files run the short forms. What is promised stands in `checks`: one function a promise.
"""
