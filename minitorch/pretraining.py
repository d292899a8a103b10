"""From settings to a training: the model, the corpus in phases, the evaluation.

trainer = prepare(from_dict({...}))
trainer.resume()
trainer.run()
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import checkpoint, evaluation, mixture, optim, training
from minitorch.config import Config
from minitorch.data import Batch, Batches, Rows
from minitorch.learner import Learner, Learns, weights_in
from minitorch.settings import Settings
from minitorch.tokenizer import Tokenizer
from minitorch.town import course_tokenizer
from minitorch.transformer import CausalLM

MakeLearner = Callable[[CausalLM, Settings], Learns]


def config_of(settings: Settings, tokenizer: Tokenizer) -> Config:
    """Return the shape of the model, with the tokenizer's vocabulary and special tokens."""
    special = tokenizer.special
    return Config(
        vocab_size=len(tokenizer),
        bos_token_id=special["<|begin|>"],
        eos_token_id=special["<|end|>"],
        pad_token_id=special["<|pad|>"],
        **settings.model,
    )


def first_model(settings: Settings, config: Config) -> CausalLM:
    """Return the model before any training: its weights depend on the settings alone."""
    rng = np.random.default_rng(settings.seed)
    model = CausalLM(config, rng=rng, dtype=np.dtype(settings.dtype))
    if settings.scale_residuals:
        scale_residuals(model)
    return model


def scale_residuals(model: CausalLM) -> None:
    """Make the last matrix of each part of a block smaller, as GPT-2 did.

    With n layers, 2n parts add to the stream one after the other: divided by sqrt(2n), all of
    them together make it no larger than one would.
    """
    scale = 1 / math.sqrt(2 * model.config.num_hidden_layers)
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight", "w2.weight")):
            parameter.data *= scale


def make_learner(model: CausalLM, settings: Settings) -> Learner:
    """Return the learner of this library."""
    optimizer = optim.AdamW(
        training.decay_groups(model, settings.weight_decay),
        betas=settings.betas,
        eps=settings.eps,
    )
    return Learner(model, optimizer, settings.clip, settings.threads)


def batches_of_phases(settings: Settings, tokenizer: Tokenizer) -> list[Batches]:
    """Return the batches of each phase; phases with the same data share theirs."""
    corpus = mixture.read_corpus(
        settings.corpus,
        "train",
        tokenizer,
        settings.without,
        settings.learn == "all",
        settings.strangers,
    )
    pad = tokenizer.special["<|pad|>"]
    made: dict[Any, Batches] = {}
    for phase in settings.phases:
        key = tuple(sorted(phase.data.items()))
        if key not in made:
            rows = mixture.rows_of(corpus, phase.data, settings.context + 1, pad, settings.seed)
            made[key] = Batches(rows, settings.batch, settings.seed)
    return [made[tuple(sorted(phase.data.items()))] for phase in settings.phases]


def held_out(settings: Settings, tokenizer: Tokenizer) -> dict[str, list[Batch]]:
    """Return batches of the lines that are kept out of training: statements, and dialogues."""
    corpus = mixture.read_corpus(settings.corpus, "valid", tokenizer, settings.without)
    pad = tokenizer.special["<|pad|>"]
    sets: dict[str, list[Batch]] = {}
    for name in ("statements", "dialogues"):
        numbers = mixture.mix(corpus.kinds, {name: 1.0})
        if numbers:
            chosen = mixture.select(corpus.documents, np.array(numbers))
            rows = Rows(chosen, settings.context + 1, pad)
            count = min(settings.evaluate_rows, len(rows))
            sets[name] = [
                rows.batch(range(start, min(start + settings.batch, count)))
                for start in range(0, count, settings.batch)
            ]
    return sets


def prepare(
    settings: Settings, make: MakeLearner = make_learner, show: bool = True
) -> training.Trainer:
    """Return the training that some settings describe, before its first step."""
    tokenizer = course_tokenizer()
    learner = make(first_model(settings, config_of(settings, tokenizer)), settings)
    sets, sizes = held_out(settings, tokenizer), evaluation.token_sizes(tokenizer)

    def evaluate() -> dict[str, float]:
        return {
            f"bits_per_byte_{name}": evaluation.bits_per_byte(learner.costs, batches, sizes)
            for name, batches in sets.items()
        }

    return training.Trainer(
        learner,
        settings.phases,
        batches_of_phases(settings, tokenizer),
        accumulate=settings.accumulate,
        folder=settings.out,
        checkpoint_every=settings.checkpoint_every,
        keep=settings.keep,
        evaluate=evaluate,
        evaluate_every=settings.evaluate_every,
        settings=settings.must_stay(),
        show=show,
    )


def save_model(trainer: training.Trainer, settings: Settings) -> Path:
    """Write the trained model with its tokenizer as a folder, `out`/model; return the folder."""
    tokenizer = course_tokenizer()
    model = first_model(settings, config_of(settings, tokenizer))
    arrays, _ = trainer.learner.state()
    model.load_state_dict(weights_in(arrays))
    folder = Path(settings.out) / "model"
    checkpoint.save_pretrained(model, folder, tokenizer)
    return folder
