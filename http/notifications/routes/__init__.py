"""The routes of `notifications`, a file a subject; its `EDGE` lists them."""
