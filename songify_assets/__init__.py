"""Songify assets: messy file drops of a streaming company, turned into numbers it can run on."""
