"""The JSON API under `/v0`, in the shape that clients of this field speak.

Apart from the pages, since it changes for other reasons. Each file with a `router` serves one noun: `records.py`,
`groups.py`, `meta.py`. Their endpoints look up, call engine verbs and shape the answer; what they share is in

- `answering.py`: the frame of every endpoint: who asks (`callers.py`), the body, the answer, what went wrong;
- `shapes.py`: what an endpoint tells of itself, beside its path: the shapes of its answer, its body, its query; of that
  `openapi.py` puts the document together, so none can be left out;
- `edges.py`, `once.py`: how often one may ask, tags, answers made shorter; requests that are sent twice;
- `errors.py`: error objects, with the types that clients know;
- `naming.py`: tables and fields by the names in requests, and the names in answers;
- `cells.py`: values in answers (`cell_format.py`: as texts); `writing.py`: values as they come in requests;
- `field_configs.py`, `new_fields.py`: field types as clients know them, and back;
- `past_cells.py`: values as they once were; `persons.py`, `plans.py`: people, and changes of a definition, in answers;
- `record_schemas.py`: records as JSON Schema, for `openapi.py`;
- `listing.py`: the options of a list, and its pages;
- `paths.py`: a table's name with a slash in it, and a slash at the end.

What is an app's lies under `/bases/{app}`, what is the workspace's under `/meta`, what is a record's under
`/{app}/{table}/{record}`. No app is called `meta` or `bases`, and no record like a word, so nothing shadows a table.

Names in answers are labels in the workspace's language, or keys if the client asks (`returnFieldsByFieldId`). Requests
may use keys and labels in any language, also former ones, mixed. A list of records may have up to 1,000 of them, where
others take 10.
"""
