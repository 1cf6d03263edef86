"""The routes of `workspace`, a file a subject; its `EDGE` lists them."""
