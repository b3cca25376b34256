"""The side-by-side table: what load generators make of one core, all against one null server."""
