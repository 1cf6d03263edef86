"""The routes of `contacts`, a file a subject; its `EDGE` lists them."""
