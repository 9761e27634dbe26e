"""Pure decisions of notifications: no database, clock, settings or network."""
