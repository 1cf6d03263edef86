"""What the handlers of effects share: queues that belong to no one feature, and how they report and tell others."""
