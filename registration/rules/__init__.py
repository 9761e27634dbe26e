"""Pure decisions: no ORM, no clock, no settings, no I/O. One module per subject."""
