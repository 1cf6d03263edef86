"""What operators run: rebuild, replay, another application key, backup and restore.

Each may be cut off and begun again. What works beside running servers says so at its top; the rest refuses while one
runs.
"""
