"""The runtime: actors, their mailboxes and supervision, timers, effects and live fan-out. No business in it.

Imports nothing else of ours. What it needs of storage and of the outside it states as protocols in `ports.py`.
"""
