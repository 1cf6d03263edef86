"""The driver: a pool of connections under trio, and the server that tests and `plixa dev` bring along.

Everything that may wait for the database goes through `Database.run`, which says `Unavailable` when it cannot be
reached. Nobody leaves anything behind on a pooled connection. Imports nothing of the other folders here.
"""
