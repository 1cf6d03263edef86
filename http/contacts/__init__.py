"""Contacts as files: CSV of every make comes in, CSV that comes back in unchanged goes out."""
