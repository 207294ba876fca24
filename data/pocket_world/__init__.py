"""The pocket world: a drawn, captioned 64x64 world whose every picture knows what is in it.

Map, each room taking only from those before it: `world` draws (families of individuals, names, styles, scenes, captions
and the study's concepts), `training` makes the pocket model of its pictures, `oracle` reads pictures back and is the
study's ground truth, `release` exports, measures and describes the model.
"""
