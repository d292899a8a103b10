"""The training of `minitorch.train` with PyTorch: `python -m miniclaude.pretrain --config FILE`.

Settings, data, their order, schedule, first weights, loop, metrics and checkpoints are
minitorch's; the model, its gradients and the optimizer's step are PyTorch's. A training that one
of the two began, the other can go on with.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

from minitorch.config import ConfigError
from minitorch.data import IGNORED, Batch
from minitorch.learner import WEIGHTS
from minitorch.settings import Settings
from minitorch.train import main
from minitorch.transformer import CausalLM

Array = np.ndarray

MEAN, SQUARE, STEPS = "mean.", "square.", "steps."  # minitorch's names for what AdamW remembers


def llama_of(model: CausalLM) -> Any:
    """Return Transformers' model with the same shape, weights and dtype."""
    if model.config.is_sparse:
        raise ConfigError("num_local_experts must be 0: this training knows models without experts")
    arrays = {name: torch.from_numpy(array) for name, array in model.state_dict().items()}
    dtypes = {array.dtype for array in arrays.values()}
    twin: Any = LlamaForCausalLM(LlamaConfig(**model.config.to_dict()))
    twin.to(*dtypes)
    with torch.no_grad():
        for name, parameter in twin.named_parameters():
            parameter.copy_(arrays[name])
    return twin


class TorchLearner:
    """A model of PyTorch and its optimizer, as minitorch's loop knows them."""

    def __init__(self, model: CausalLM, settings: Settings) -> None:
        torch.set_num_threads(settings.threads)
        self.model = llama_of(model)
        self.clip = settings.clip
        self.names = dict(self.model.named_parameters())
        parameters = self.names.values()
        groups: list[dict[str, Any]] = [
            {"params": [p for p in parameters if p.ndim >= 2]},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups,
            betas=settings.betas,
            eps=settings.eps,
            weight_decay=settings.weight_decay,
            foreach=False,
        )

    def step(self, batches: Sequence[Batch], lr: float) -> tuple[float, float]:
        """Take a step as `minitorch.training.take_step` does."""
        self.optimizer.zero_grad()
        total = sum(int(np.count_nonzero(batch.targets != IGNORED)) for batch in batches)
        summed = 0.0
        for batch in batches:
            loss = self._costs(batch).sum() / total
            loss.backward()
            summed += loss.item()
        norm = float(torch.nn.utils.clip_grad_norm_(self.names.values(), self.clip))
        if np.isfinite(summed) and np.isfinite(norm):
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            self.optimizer.step()
        return summed, norm

    def costs(self, batch: Batch) -> Array:
        """Evaluate as `minitorch.evaluation.token_costs` does."""
        with torch.no_grad():
            return self._costs(batch).double().numpy()

    def _costs(self, batch: Batch) -> torch.Tensor:
        """-log p(target) at each place that counts."""
        stream = self.model.model(torch.from_numpy(batch.inputs)).last_hidden_state
        targets = torch.from_numpy(batch.targets)
        kept = targets != IGNORED
        return functional.cross_entropy(
            self.model.lm_head(stream[kept]), targets[kept], reduction="none"
        )

    # -- everything that steps change, under minitorch's names ----------------------------

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        arrays = {WEIGHTS + name: p.detach().numpy() for name, p in self.names.items()}
        counts = {}
        for name, parameter in self.names.items():
            if kept := self.optimizer.state.get(parameter):
                arrays[MEAN + name] = kept["exp_avg"].numpy()
                arrays[SQUARE + name] = kept["exp_avg_sq"].numpy()
                counts[STEPS + name] = int(kept["step"])
        return arrays, {"optimizer": counts, "random": {}}

    def load(self, arrays: Mapping[str, Array], plain: Mapping[str, Any]) -> None:
        counts = plain["optimizer"]
        with torch.no_grad():
            for name, parameter in self.names.items():
                parameter.copy_(torch.from_numpy(arrays[WEIGHTS + name]))
                if STEPS + name in counts:
                    self.optimizer.state[parameter] = {
                        "step": torch.tensor(float(counts[STEPS + name])),
                        "exp_avg": torch.from_numpy(arrays[MEAN + name]).clone(),
                        "exp_avg_sq": torch.from_numpy(arrays[SQUARE + name]).clone(),
                    }


if __name__ == "__main__":
    sys.exit(main(make=TorchLearner, program="python -m miniclaude.pretrain"))
