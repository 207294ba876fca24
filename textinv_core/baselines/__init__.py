"""What else could be done with the same pictures: the published loop, and DreamBooth."""
