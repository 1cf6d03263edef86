"""The routes of `assignment`, a file a subject; its `EDGE` lists them."""
