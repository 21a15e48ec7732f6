"""The JSON API below ``/api/v1``, described by its own table of endpoints."""
