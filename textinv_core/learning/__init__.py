"""How a word is learned: concept, tokens, losses, arms, and the loop that trains them over one frozen network."""
