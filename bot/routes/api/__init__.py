"""The REST API for internal tools."""

PREFIX = "/api/v1/"
"""Where all of it is."""
