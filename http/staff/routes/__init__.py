"""The routes of `staff`, a file a subject; its `EDGE` lists them."""
