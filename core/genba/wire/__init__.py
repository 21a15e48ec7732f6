"""What the web process and the session processes say to each other.

The session's order, its commands and replies, its states and events, and the tickets that both
can read. Plain HTTP and WebSocket on a Unix socket carry them; docs/protocol.md shows each.
"""
