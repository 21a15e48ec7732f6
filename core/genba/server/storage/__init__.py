"""What stays on disk: small JSON files, and the media files that sessions wrote.

Everything here reads and writes in threads, atomically, and builds paths from checked ids alone.
"""
