"""Decisions: modules of verbs with plain arguments."""
