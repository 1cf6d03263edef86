"""The HTTP server: Hypercorn's protocol, and a short way for plain requests, under connections of our own, which are
bounded and end with their client.

    limits        how much of everything; how many connections there are files for
    connections   those that are open, and which of them goes where there is no room
    connection    one of them: sockets, time limits
    plain         the requests that nearly all are, without a state machine
    protocol      HTTP/1 and WebSockets alone, within bounds
    serving       listening, starting, stopping

Hypercorn's own server keeps a connection's file for as long as its idle timer runs, 75 seconds after its client has
gone; it has no bound on connections; one exception in one of them ends all; and HTTP/2 cannot be switched off.
"""
