"""The settings of a workspace that conversations read: greeting, inbox, targets, survey."""
