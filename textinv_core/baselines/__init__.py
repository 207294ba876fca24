"""What else could be done with the same pictures: DreamBooth, and what others proposed to keep a word usable."""
