"""Larkmoor: a small invented town, and the corpus that everything in this course is trained on.

from larkmoor import documents, ground_truth, questions, without_source, world
town = world(0)
for record in documents(town, "small", without_source("gazette")):
    ...
"""

from larkmoor.corpus import (
    documents,
    in_split,
    style_documents,
    without_fact,
    without_people,
    without_rude_words,
    without_source,
)
from larkmoor.entropy import floor
from larkmoor.examination import questions
from larkmoor.records import Record, plain
from larkmoor.town import World, with_more_strangers, world
from larkmoor.truth import ground_truth

__all__ = [
    "Record",
    "World",
    "documents",
    "floor",
    "ground_truth",
    "in_split",
    "plain",
    "questions",
    "style_documents",
    "with_more_strangers",
    "without_fact",
    "without_people",
    "without_rude_words",
    "without_source",
    "world",
]
