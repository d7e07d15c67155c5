"""Everybody against every route: who may do what, generated from the routes and held against one page of words."""
