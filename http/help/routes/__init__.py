"""The routes of `help`, a file a subject; its `EDGE` lists them."""
