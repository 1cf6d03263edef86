"""Python's collector of cycles, told to keep out of the way of a server that answers in milliseconds.

A full collection walks every object of the process, and nobody is answered meanwhile: a tenth to a quarter of a second,
every few seconds under load. Nearly all that it walks are modules, classes and declarations, which never go away. These
are set aside once, when everything has started, and young objects are looked at less often. What is left for a full
collection are the actors in memory, and the sockets and requests that have ended.
"""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 20


def keep_out_of_the_way() -> None:
    """Call it once in a process, when everything has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
