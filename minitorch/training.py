"""Training: one loop with phases, accumulation, clipping, evaluation and exact resume.

optimizer = optim.AdamW(training.decay_groups(model, weight_decay=0.1))
phases = [Phase("foundation", steps=800, lr=3e-3, warmup=50), Phase("advanced", steps=200)]
trainer = Trainer(Learner(model, optimizer), phases, [batches, others], folder="runs/first")
trainer.resume()  # if it was stopped before
trainer.run()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import curriculum, optim, resume
from minitorch.data import IGNORED, Batch, Batches
from minitorch.files import FULL
from minitorch.interruption import Interruption
from minitorch.metrics import Metrics, read_metrics
from minitorch.nn import Module
from minitorch.progress import Progress

if TYPE_CHECKING:
    from minitorch.learner import Learns


class TrainingError(RuntimeError):
    """A training that cannot go on; the message says why, and what to do."""


class Diverged(TrainingError):
    """The loss has become useless: not a number, or much higher than it was."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C was pressed, and the training stopped where it can go on."""


# -- one step ------------------------------------------------------------------------------------


def decay_groups(model: Module, weight_decay: float) -> list[dict[str, Any]]:
    """Part the parameters of a model into two groups for an optimizer.

    The first, with the option "weight_decay" at `weight_decay`, holds the parameters with two
    axes or more: the matrices. The second, with "weight_decay" 0.0, holds the others: the
    weights of norms, and biases. Both in the model's order; a group without parameters is left
    out.
    """
    parameters = model.parameters()
    matrices = [parameter for parameter in parameters if parameter.ndim >= 2]
    others = [parameter for parameter in parameters if parameter.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def accumulate(model: Any, batches: Sequence[Batch]) -> float:
    """Add to the parameters' gradients what one large batch would, and return its loss.

    `model.loss(batch.inputs, batch.targets)` is the average over the targets of a batch that are
    not `IGNORED`, and the large batch's loss the average over those of all `batches` together:
    a batch counts as much as it has such targets. Each batch's graph is used up before the next
    is made, so that the memory is that of one. A batch with nothing to learn is passed over; if
    all are such, the loss is 0.
    """
    counts = [int(np.count_nonzero(batch.targets != IGNORED)) for batch in batches]
    total = 0.0
    for batch, count in zip(batches, counts):
        if count:
            loss = model.loss(batch.inputs, batch.targets) * (count / sum(counts))
            loss.backward()
            total += loss.item()
    return total


def take_step(
    model: Any,
    optimizer: optim.Optimizer,
    batches: Sequence[Batch],
    lr: float,
    clip: float = 1.0,
) -> tuple[float, float]:
    """Take one step of training, and return the loss before it and the norm of its gradients.

    The gradients are new ones: those of all `batches` as `accumulate` adds them. Together they
    are clipped to the length `clip`, and `optimizer` takes one step with the learning rate `lr`.
    If the loss or the norm is not finite, weights and optimizer stay as they are. The norm is
    the one before clipping.
    """
    optimizer.zero_grad()
    loss = accumulate(model, batches)
    norm = optim.clip_grad_norm(optimizer.parameters, clip)
    if math.isfinite(loss) and math.isfinite(norm):
        optimizer.set_lr(lr)
        optimizer.step()
    return loss, norm


def has_diverged(losses: Sequence[float], window: int = 20, rise: float = 1.0) -> bool:
    """Say whether a training has gone wrong, judging by the losses of its steps so far.

    It has if the last loss is not finite, or if the average of the last `window` losses is more
    than `rise` above the lowest average that any `window` losses in a row ever had. Of fewer
    than `window` losses only the last one's being finite is asked; of none, nothing.
    """
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    if len(losses) < window:
        return False
    sums = np.cumsum([0.0, *losses])
    averages = (sums[window:] - sums[:-window]) / window
    return bool(averages[-1] > averages.min() + rise)


# -- the loop ------------------------------------------------------------------------------------


class Trainer:
    """A training: who learns, in which phases, from which batches, and how far it has come.

    `batches` has an entry for each phase; phases that go on with the same data share one. With a
    `folder`, every step is written to metrics.jsonl there, and every `checkpoint_every` steps a
    checkpoint. `evaluate()` gives values by name, every `evaluate_every` steps and at the end.
    `settings` are kept in the checkpoints: a training goes on only with the same. `show` is whether
    there is a progress bar.
    """

    def __init__(
        self,
        learner: Learns,
        phases: Sequence[curriculum.Phase],
        batches: Sequence[Batches],
        *,
        accumulate: int = 1,
        folder: str | Path | None = None,
        checkpoint_every: int = 100,
        keep: int = 2,
        evaluate: Callable[[], Mapping[str, float]] | None = None,
        evaluate_every: int = 100,
        settings: Mapping[str, Any] | None = None,
        show: bool = True,
    ) -> None:
        if len(batches) != len(phases):
            raise ValueError(f"{len(phases)} phases need as many batches, not {len(batches)}")
        self.learner, self.phases, self.batches = learner, list(phases), list(batches)
        self.accumulate = accumulate
        self.folder = None if folder is None else Path(folder)
        self.checkpoint_every, self.keep = checkpoint_every, keep
        self.evaluate, self.evaluate_every = evaluate, evaluate_every
        self.settings = dict(settings or {})
        self.show = show
        self.lengths = [phase.steps for phase in self.phases]
        self.total = sum(self.lengths)
        self.done = 0  # steps
        self.tokens = 0
        self.seconds = 0.0
        self.rows: list[dict[str, Any]] = []  # what was measured
        self.losses: list[float] = []  # of the present phase

    def run(self, until: int | None = None) -> None:
        """Train to the end, or to the end of the step `until`.

        Raises `Stopped` on Ctrl-C, after a checkpoint; `Diverged` if the loss becomes useless;
        `TrainingError` if the disk is full. The last checkpoint is whole in any case.
        """
        last = self.total if until is None else min(until, self.total)
        self._refuse_to_overwrite()
        with ExitStack() as stack:
            stack.enter_context(self._plain_errors())
            stopping = stack.enter_context(Interruption())
            metrics = stack.enter_context(Metrics(self.folder, self.done))
            progress = stack.enter_context(Progress(last, "training", self.done, self.show))
            while self.done < last and not stopping.asked:
                self.advance()
                metrics.add(self.rows[-1])
                progress.update(self.done, self.describe())
                if self.evaluate and self._is_due(self.evaluate_every):
                    self.rows.append({"step": self.done, **self.evaluate()})
                    metrics.add(self.rows[-1])
                if self._is_due(self.checkpoint_every) or self.done == last or stopping.asked:
                    self.save()
        if self.done < last:
            raise Stopped(
                f"stopped after step {self.done} of {self.total}: start again in the same way to "
                f"go on; {self._last_checkpoint()}"
            )

    def advance(self) -> None:
        """Take one step, and note what was measured as the last of `rows`."""
        step, begun = self.done + 1, monotonic()
        number, within = curriculum.phase_at(step, self.lengths)
        lr = curriculum.learning_rate(step, self.phases)
        batches = [next(self.batches[number]) for _ in range(self.accumulate)]
        loss, norm = self.learner.step(batches, lr)

        self.losses = self.losses if within > 1 else []
        self.losses.append(loss)
        if not math.isfinite(norm) or has_diverged(self.losses):
            raise Diverged(
                f"the training diverged at step {step}, with the loss {loss:.4g} and gradients of "
                f"norm {norm:.4g} at a learning rate of {lr:.2g}: a lower lr, a longer warmup or a "
                f"smaller clip may help; {self._last_checkpoint()}"
            )
        self.done = step
        self.tokens += sum(batch.inputs.size for batch in batches)
        self.seconds += monotonic() - begun
        row = {
            "step": step,
            "phase": self.phases[number].name,
            "loss": loss,
            "lr": lr,
            "norm": norm,
        }
        self.rows.append({**row, "tokens": self.tokens, "seconds": round(self.seconds, 3)})

    def _is_due(self, every: int) -> bool:
        return self.done % every == 0 or self.done == self.total

    def describe(self) -> str:
        """Say in a few words how it goes."""
        number, _ = curriculum.phase_at(self.done, self.lengths)
        loss, speed = np.mean(self.losses[-20:]), self.tokens / max(self.seconds, 1e-9)
        return f"{self.phases[number].name}  loss {loss:.3f}  {speed:,.0f} tokens/s"

    # -- stopping and going on ----------------------------------------------------------

    def save(self) -> None:
        """Write a checkpoint, if there is a folder."""
        if self.folder is None:
            return
        arrays, plain = self.learner.state()
        if not resume.are_finite(arrays):
            raise Diverged(
                f"the weights are no longer finite after step {self.done}: a lower lr may help; "
                + self._last_checkpoint()
            )
        state = {
            "settings": self.settings,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "positions": [batches.state_dict() for batches in self.batches],
            "learner": plain,
        }
        resume.write_checkpoint(self.folder, resume.Checkpoint(self.done, arrays, state), self.keep)

    def resume(self) -> int:
        """Go on from the last checkpoint in the folder; return its step, or 0 if there is none."""
        if self.folder is None:
            return 0
        resume.remove_drafts(self.folder)
        found = resume.checkpoints(self.folder)
        if not found:
            return 0
        checkpoint = resume.read_checkpoint(found[-1])
        state = checkpoint.state
        resume.refuse_other_settings(found[-1], state["settings"], self.settings)
        self.learner.load(checkpoint.arrays, state["learner"])
        for batches, position in zip(self.batches, state["positions"], strict=True):
            batches.load_state_dict(position)
        self.done, self.tokens = checkpoint.step, state["tokens"]
        self.seconds = state["seconds"]
        self.rows = [row for row in read_metrics(self.folder) if row["step"] <= self.done]
        _, within = curriculum.phase_at(self.done, self.lengths)
        self.losses = [row["loss"] for row in self.rows if "loss" in row][-within:]
        return self.done

    def _refuse_to_overwrite(self) -> None:
        found = resume.checkpoints(self.folder) if self.folder else []
        if found and resume.step_of(found[-1]) > self.done:
            raise TrainingError(
                f"{found[-1]} is of a training that came further than step {self.done}: call "
                "resume() first, or train in another folder"
            )

    def _last_checkpoint(self) -> str:
        found = resume.checkpoints(self.folder) if self.folder else []
        return f"the last checkpoint is {found[-1]}" if found else "there is no checkpoint"

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Turn what the system says of a full disk, or one it cannot write to, into a sentence."""
        try:
            yield
        except OSError as error:
            reason = "the disk is full" if error.errno in FULL else (error.strerror or "").lower()
            raise TrainingError(
                f"cannot write into {self.folder} after step {self.done}, {reason}: mend that and "
                f"start again to go on; {self._last_checkpoint()}"
            ) from None
