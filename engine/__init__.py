"""The workspace engine: definitions, records, rules. Usable without the web."""
