"""The oracle: what is in a picture, read attribute by attribute, with a confidence."""
