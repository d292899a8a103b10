"""The studies of week 6 that take too long for a notebook.

    python course/week06_pretraining/studies.py [NAME ...]

Each study is a few trainings with minitorch on one core; all of them together take about ten
minutes on a quiet machine. What was measured is written to studies/NAME.json, beside the settings
it was made with. The chapter draws its figures from there. `larkmoor_log` trains nothing: it reads
the log of the course's own model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import larkmoor
from larkmoor.evaluate import evaluate_batch
from minitorch import answering, evaluation, mixture, optim, training
from minitorch.config import Config
from minitorch.curriculum import Phase
from minitorch.data import Batches, Documents, Rows
from minitorch.learner import Learner
from minitorch.memory import keep_memory
from minitorch.metrics import column, read_metrics
from minitorch.town import course_tokenizer
from minitorch.transformer import CausalLM, count_parameters, operations_per_token

FOLDER = Path(__file__).with_name("studies")
RUN = Path(__file__).parents[2] / "runs" / "larkmoor"  # where recipes/larkmoor.yaml writes
SETTINGS: dict[str, Any] = {
    "seed": 0,
    "context": 128,  # tokens in a row
    "batch": 4,  # rows
    "steps": 2500,
    "lr": 4e-3,
    "warmup": 50,
    "weight_decay": 0.1,
    "betas": [0.9, 0.95],
    "std": 0.08,
    "corpus": "full",
    "kinds": ["dialogue.facts", "almanac.entry"],
    "streets": ["Zephyr", "Quartz", "Raven", "Iron", "Umber", "Kelp"],
    "questions": {"one_hop": 150, "seen": 100, "statements_only": 100, "never": 100},
    "points": 10,  # evaluations in a training
}
DENSE = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2}
EXPERTS = {
    "four experts, one for each token": {"num_local_experts": 4, "num_experts_per_tok": 1},
    "eight half experts, two for each token": {
        "intermediate_size": 80,
        "num_local_experts": 8,
        "num_experts_per_tok": 2,
    },
}
SIZES: dict[str, Any] = {"widths": [16, 24, 40, 64, 96], "steps": 1000, "batch": 8, "lr": 5e-3}

TOWN = larkmoor.world(SETTINGS["seed"])
TOKENIZER = course_tokenizer()
BYTES = evaluation.token_sizes(TOKENIZER)


# -- the data ------------------------------------------------------------------------------------


def neighbors() -> set[str]:
    """Return the people of a few streets, but for those who are never mentioned."""
    streets = {f"{name} Street" for name in SETTINGS["streets"]}
    people = (p for p in TOWN.people if p.group != "never" and p.facts["street"] in streets)
    return {person.name for person in people}


def lines(split: str) -> list[larkmoor.Record]:
    """Return the lines about these people and nobody else: statements, questions and answers."""
    names, kinds = neighbors(), SETTINGS["kinds"]
    records = larkmoor.documents(TOWN, SETTINGS["corpus"], larkmoor.in_split(split))
    return [r for r in records if r.kind in kinds and r.people and set(r.people) <= names]


def exam(records: Sequence[larkmoor.Record]) -> list[Any]:
    """Draw questions on the facts in some lines, and on people who are never mentioned."""
    facts = {fact for record in records for fact in record.facts}
    rng = np.random.default_rng(SETTINGS["seed"])
    drawn: list[Any] = []
    for category, count in SETTINGS["questions"].items():
        asked = [
            q
            for q in larkmoor.questions(TOWN)
            if q.category == category
            and (category == "never" or (q.subject, q.attribute, q.answer) in facts)
        ]
        drawn += [asked[i] for i in rng.permutation(len(asked))[:count]]
    return drawn


def rows(records: Sequence[larkmoor.Record], learn_all: bool = False) -> Rows:
    """Pack some lines, in their order."""
    return packed(mixture.encode(records, TOKENIZER, learn_all).documents)


def packed(documents: Documents) -> Rows:
    return Rows(documents, SETTINGS["context"] + 1, TOKENIZER.special["<|pad|>"])


# -- a training ----------------------------------------------------------------------------------


def made(sizes: dict[str, Any]) -> CausalLM:
    """Make a model with sizes by their names in a configuration."""
    config = Config(
        vocab_size=len(TOKENIZER),
        num_attention_heads=4,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        initializer_range=SETTINGS["std"],
        **sizes,
    )
    return CausalLM(config, rng=np.random.default_rng(SETTINGS["seed"]))


def trained(
    model: CausalLM,
    phases: Sequence[Phase],
    data: Sequence[Rows],
    held_out: Rows,
    questions: Sequence[Any] = (),
    batch: int = SETTINGS["batch"],
) -> dict[str, Any]:
    """Train a model, and return its curves: the loss, and what was measured on the way."""
    groups = training.decay_groups(model, SETTINGS["weight_decay"])
    learner = Learner(model, optim.AdamW(groups, betas=tuple(SETTINGS["betas"])))
    steps = sum(phase.steps for phase in phases)

    def evaluate() -> dict[str, float]:
        found = {"bits": evaluation.bits_per_byte(learner.costs, held_out.in_order(32), BYTES)}
        if questions:
            report = evaluate_batch(
                lambda chats: answering.answers(model, TOKENIZER, chats), questions
            )
            found |= {row.category: row.share for row in report.rows()}
        print({name: round(value, 3) for name, value in found.items()}, flush=True)
        return found

    trainer = training.Trainer(
        learner,
        phases,
        [Batches(part, batch, SETTINGS["seed"]) for part in data],
        evaluate=evaluate,
        evaluate_every=steps // SETTINGS["points"],
        show=False,
    )
    trainer.run()
    losses = [row["loss"] for row in trainer.rows if "loss" in row]
    points = [row for row in trainer.rows if "bits" in row]
    window = steps // 50
    ends = list(range(window, steps + 1, window))
    return {
        "tokens_per_step": batch * SETTINGS["context"],
        "loss_steps": ends,
        "loss": [round(float(np.mean(losses[end - window : end])), 4) for end in ends],
        "at": [row["step"] for row in points],
        **{name: [round(row[name], 4) for row in points] for name in points[0] if name != "step"},
    }


def plan(**parts: float) -> list[Phase]:
    """Return phases by name, each with its part of the steps, under one schedule."""
    steps = {name: int(SETTINGS["steps"] * part) for name, part in parts.items()}
    return [
        Phase(name, count, *([] if number else [SETTINGS["lr"], SETTINGS["warmup"]]))
        for number, (name, count) in enumerate(steps.items())
    ]


# -- the studies ---------------------------------------------------------------------------------


def curriculum() -> dict[str, Any]:
    """The same lines in four orders."""
    train, held_out = lines("train"), rows(lines("valid"))
    order = np.random.default_rng(SETTINGS["seed"]).permutation(len(train))
    train = [train[i] for i in order]
    questions = exam(train)
    dialogues = [record for record in train if record.messages]
    statements = [record for record in train if not record.messages]
    one_by_one = sorted(train, key=lambda record: record.people[0])
    quarters = [one_by_one[len(train) * i // 4 : len(train) * (i + 1) // 4] for i in range(4)]
    orders: dict[str, tuple[list[Phase], list[list[larkmoor.Record]]]] = {
        "shuffled": (plan(all=1.0), [train]),
        "few facts first": (plan(few=0.2, all=0.8), [train[: len(train) // 20], train]),
        "statements first": (plan(statements=0.2, dialogues=0.8), [statements, dialogues]),
        "a quarter of the people at a time": (plan(a=0.25, b=0.25, c=0.25, d=0.25), quarters),
    }
    return {
        name: trained(made(DENSE), phases, [rows(part) for part in parts], held_out, questions)
        for name, (phases, parts) in orders.items()
    }


def memorizing() -> dict[str, Any]:
    """Few lines again and again; many lines are the run "shuffled" of the other study."""
    train, held_out = lines("train"), rows(lines("valid"))
    order = np.random.default_rng(SETTINGS["seed"]).permutation(len(train))
    few = [train[i] for i in order[: len(train) // 20]]
    found = trained(made(DENSE), plan(few=1.0), [rows(few)], held_out, exam(few))
    return {"lines": len(few), "few lines": found, "of": len(train)}


def experts() -> dict[str, Any]:
    """Models with experts; the dense one of equal cost is the run "shuffled" of another study."""
    train, held_out = lines("train"), rows(lines("valid"))
    order = np.random.default_rng(SETTINGS["seed"]).permutation(len(train))
    train = [train[i] for i in order]
    questions = exam(train)
    found: dict[str, Any] = {"dense": counted(made(DENSE).config)}
    for name, shape in EXPERTS.items():
        model = made({**DENSE, **shape})
        curves = trained(model, plan(all=1.0), [rows(train)], held_out, questions)
        found[name] = {**counted(model.config), **curves}
    return found


def sizes() -> dict[str, Any]:
    """Models of five sizes on everything that the town says, every token of it learned."""
    options = {"corpus": "medium", "learn": "everything", **SIZES}
    records = list(larkmoor.documents(TOWN, "medium"))
    train = [record for record in records if record.split == "train"]
    valid = [record for record in records if record.split == "valid"][:300]
    order = np.random.default_rng(SETTINGS["seed"]).permutation(len(train))
    data = rows([train[i] for i in order], learn_all=True)
    held_out = rows(valid, learn_all=True)
    phases = [Phase("all", SIZES["steps"], SIZES["lr"], SETTINGS["warmup"])]
    models = []
    for width in SIZES["widths"]:
        model = made(
            {"hidden_size": width, "intermediate_size": 5 * width // 2, "num_hidden_layers": 2}
        )
        curves = trained(model, phases, [data], held_out, batch=SIZES["batch"])
        models.append({"width": width, **counted(model.config), **curves})
    size = sum(int(BYTES[b.targets[b.targets >= 0]].sum()) for b in held_out.in_order(32))
    return {
        "options": options,
        "floor": round(sum(record.bits for record in valid) / size, 4),
        "models": models,
    }


def larkmoor_log() -> dict[str, Any]:
    """The log of the course's own model, thinned out: the loss, and bits per byte on the way."""
    log = read_metrics(RUN)
    if not log:
        sys.exit(f"there is no log in {RUN}: train the model first, with recipes/larkmoor.yaml")
    steps, losses = column(log, "loss")
    window = 50
    ends = range(window, len(losses) + 1, window)
    begins = {row["phase"]: row["step"] for row in reversed(log) if "phase" in row}
    found: dict[str, Any] = {
        "phases": sorted([begin, name] for name, begin in begins.items()),
        "at": [steps[end - 1] for end in ends],
        "loss": [round(float(np.mean(losses[end - window : end])), 4) for end in ends],
        "tokens": log[-1].get("tokens", column(log, "tokens")[1][-1]),
    }
    for name in ("bits_per_byte_statements", "bits_per_byte_dialogues"):
        at, values = column(log, name)
        found[name] = [[step, round(value, 4)] for step, value in zip(at, values)]
    return found


def counted(config: Config) -> dict[str, int]:
    """Return how large a model is, and what a token costs in it."""
    return {
        "parameters": count_parameters(config),
        "operations": operations_per_token(config, SETTINGS["context"] // 2),
    }


TRAININGS = (curriculum, sizes, memorizing, experts)
STUDIES = {study.__name__: study for study in (*TRAININGS, larkmoor_log)}


def main(names: Sequence[str]) -> None:
    """Run the studies with these names, or all trainings, and write what they found."""
    keep_memory()
    FOLDER.mkdir(exist_ok=True)
    for name in names or [study.__name__ for study in TRAININGS]:
        result = {"settings": SETTINGS, "found": STUDIES[name]()}
        text = json.dumps(result, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
