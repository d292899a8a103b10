"""Larkmoor: a small invented town, and the corpus that everything in this course is trained on."""
