"""The REST API for internal tools."""
