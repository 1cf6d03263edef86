"""The routes of `desk`, a file a subject; its `EDGE` lists them."""
