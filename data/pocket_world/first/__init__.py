"""The first edition's world: 75 words with a drawing or two each, and the oracle that reads its pictures.

The published model was trained on it. It goes when the published model is one of the world of individuals.
"""
