"""Clients that others generate from the API's document: made, and compiled."""
