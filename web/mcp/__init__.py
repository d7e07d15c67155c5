"""What programs that speak the Model Context Protocol are offered: assistants that work with the records.

A reader of the engine like the API, whose caller, names, values and errors it shares: a tool does what a request with
the same token does. The files are

- `tools/`: what is offered, one file per group of tools; they know nothing of the protocol;
- `calling.py`: one call of a tool: arguments looked through, carried out, whatever is refused told as the API does;
- `speaking.py`: the protocol, by the official library, which is imported only when somebody speaks it (33 MB);
- `over_http.py`: `/mcp` of the server;
- `over_stdio.py`: the command `formwork mcp`.
"""
