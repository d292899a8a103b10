"""Makes the two tiny models beside this file, and what Transformers says about them.

    python course/week05_transformer/make_models.py [FOLDER]

Each is a folder as Transformers writes it, and in it `expected.safetensors`: some ids, and the
logits that Transformers computes for them. The weights are random, but not as small as those of
a new model: with those a missing part would hardly show. A test keeps the stored files equal to
what this script makes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

SIZES: dict[str, Any] = {
    "vocab_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-2,  # large enough to be missed
    "bos_token_id": None,
    "eos_token_id": None,
}
LLAMA = LlamaConfig(**SIZES, hidden_size=32, intermediate_size=48)
MIXTRAL = MixtralConfig(
    **SIZES, hidden_size=16, intermediate_size=24, num_local_experts=4, sliding_window=None
)


def make(model: Any, folder: Path, seed: int) -> None:
    """Draw a model's weights, and write it with ids and the logits that it has for them."""
    rng = np.random.default_rng(seed)
    model.eval()
    for name, parameter in sorted(model.named_parameters()):
        drawn = rng.normal(1.0 if "norm" in name else 0.0, 0.3, parameter.shape)
        parameter.data = torch.tensor(drawn, dtype=torch.float32)
    ids = rng.integers(0, 64, (2, 12))
    with torch.no_grad():
        logits = model(torch.tensor(ids)).logits.numpy()
    model.save_pretrained(folder)
    save_file({"ids": ids, "logits": logits}, folder / "expected.safetensors")


def make_all(folder: Path) -> None:
    """Make both models in a folder."""
    make(LlamaForCausalLM(LLAMA), folder / "tiny_llama", seed=0)
    make(MixtralForCausalLM(MIXTRAL), folder / "tiny_mixtral", seed=1)


if __name__ == "__main__":
    make_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
