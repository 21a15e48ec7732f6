"""The web process: people, permissions, pages and records. It touches no media."""
