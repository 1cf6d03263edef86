"""What the AI has cost, and what it may still cost: one ledger a tenant."""
