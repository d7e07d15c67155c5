"""The definition language: what an app's JSON document may say, and what it means. No SQL here."""
