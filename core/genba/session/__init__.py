"""THE SESSION PROCESS: one live session. It knows no database and no people, only its order."""
