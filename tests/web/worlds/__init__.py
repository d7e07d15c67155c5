"""Two workspaces that differ only in what a sales rep may not see."""
