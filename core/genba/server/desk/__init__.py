"""Sessions as people see them: opened, invited to, shared, recorded, ended; and their history."""
