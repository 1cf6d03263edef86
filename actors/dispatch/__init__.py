"""Who gets which conversation: one dispatcher a tenant, so that two decisions never see the same free hands."""
