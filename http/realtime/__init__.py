"""The live push: what of a workspace's log a member's socket is sent, and who may stay connected.

Lifecycle: `live.py` is one socket, hello to goodbye; `feed.py` reads for it, from the workspace's channel
(`engine/fanout.py`) or, behind that, from the log (`turns.py` says whose turn it is); `judge.py` asks for all of a node
whether they may stay. Invariants: nobody is sent what they may not see, by memory (`holders.py`, `live_sight.py`,
`visible.py`) and log alike; nothing is sent before it is durable; a position is sent once a connection. Imports no
feature; what an event is to a socket says its feature's `LOGIC.shows`.
"""
