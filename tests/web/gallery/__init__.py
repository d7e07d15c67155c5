"""Every piece of the look on a few pages, over a real CRM; `python -m tests.web.gallery FOLDER` takes their pictures."""
