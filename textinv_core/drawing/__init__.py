"""Pictures by the plain model or by learned words, drawn once and found again."""
