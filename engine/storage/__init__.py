"""Everything that knows SQL: databases, sessions, people's tables and the engine's own."""
