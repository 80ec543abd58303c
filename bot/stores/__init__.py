"""Queries and files. Stores change things; the service that called them commits."""
