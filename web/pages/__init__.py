"""Pages: one file per noun in the URL, each with a `router`. A route looks up, calls one verb, shows a template."""
