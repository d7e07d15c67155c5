"""Pages and the JSON API over the engine's verbs."""
