"""Who did what, when and from where: a log that only grows and shows when it was touched."""
