"""Which nodes live, and which of them a tenant is owned by.

A name is one process's at a time, and a tenant one node's: whoever writes shows the epoch that it owns it by. Imports
`postgres` alone.
"""
