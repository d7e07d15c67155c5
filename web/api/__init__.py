"""The JSON API: one file per noun, each with a `router`, all below `/v0`. Bearer tokens only; no cookie is read."""
