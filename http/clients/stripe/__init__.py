"""Stripe, as the product speaks to it: a port over its SDK, its errors as ours, its objects as plain values.

Promises: every call ends within its time limit; every POST carries a key of ours, so that asking again never does a
thing twice; a failure says whether the thing certainly did not happen, may have happened, or was refused; nothing that
Stripe says, no key and no address that works once is logged.
"""
