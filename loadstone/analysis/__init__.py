"""Pure functions of records: no I/O, nothing measured here."""
