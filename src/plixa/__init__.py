"""Plixa: an actor-based realtime messaging engine for WhatsApp customer service.

The packages and what each may import are listed in ARCHITECTURE.md; a test holds them to it.
"""

__version__ = "0.1.0"
