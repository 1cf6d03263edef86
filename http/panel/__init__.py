"""Pages for people: the small panel of `make run`, and the API's documentation. No build step."""
