"""The routes of `campaigns`, a file a subject; its `EDGE` lists them."""
