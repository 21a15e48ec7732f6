"""The newcomer's first minute: a server with four moving cameras, nothing on it a shortcut.

The cameras are a process of their own (`genba.demo.cameras`) that publishes by WHIP like any
phone; the stage is set by the public API (`genba.demo.stage`).
"""
