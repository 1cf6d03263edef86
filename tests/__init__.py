"""The tests. What all of them run against is in `harness`; the fixtures made of it are in `conftest`."""
