"""The view becomes files: MP4 recordings and JPEG stills. Sinks like any other."""
