"""The one door: who is asking, and what they may see and set."""
