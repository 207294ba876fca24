"""The pocket world: a drawn, captioned 64x64 world whose every picture knows what is in it.

Map: ``sprites`` (openly licensed drawings) and ``people`` (posable vector figures) are put into
``scenes``, seen through picture ``styles``, described by ``captions``, and drawn together by
``world.sample``.  ``study_concepts`` draws the study's own concepts, which the world never shows.
"""
