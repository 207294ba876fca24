"""What the world looks like: families of individuals, styles, scenes, things, and how captions speak of them."""
