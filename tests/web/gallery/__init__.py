"""Every piece of the look on a few pages; `python -m tests.web.gallery FOLDER` takes their pictures."""
