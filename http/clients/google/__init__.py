"""Google Calendar over plain HTTP: consent, tokens, and the eight calls that the product makes.

Tokens are values that go in and out here; who calls keeps them. No call is tried again by itself.
"""
