"""When rows go: by their age (`retention.py`), because a commit said so (`sweeping.py`), with their workspace
(`erasure.py`).

All of it works in chunks, may be cut off and be done by several nodes at once, and is found again by what is left. The
rules are declared with the tables (`rules.py`); what is marked and not gone yet, readers leave out (`going.py`).
"""
