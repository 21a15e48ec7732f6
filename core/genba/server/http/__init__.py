"""Routes, middlewares and pages; what they decide is decided in desk and identity."""
