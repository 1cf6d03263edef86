"""The routes of `people`, a file a subject; its `EDGE` lists them."""
