"""The panel in a real browser: `make browser`."""
