"""The routes of `conversation`, a file a subject; its `EDGE` lists them."""
