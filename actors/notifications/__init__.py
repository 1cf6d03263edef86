"""What people are told of outside of the panel: mails, pushes, the digest."""

from __future__ import annotations

FACE: tuple[str, ...] = ("digest_config", "mail")
"""The modules that other features may import."""
