"""Train a model on Larkmoor: `python -m minitorch.train --config FILE`.

A training that was stopped goes on where it was when the same command is given again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from minitorch import pretraining, resume
from minitorch.data import DataError
from minitorch.memory import keep_memory
from minitorch.safetensors_files import CheckpointError
from minitorch.settings import Settings, SettingsError
from minitorch.settings_file import read_settings
from minitorch.training import Stopped, Trainer, TrainingError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"train: {message}\n")


def main(
    arguments: list[str] | None = None,
    make: pretraining.MakeLearner = pretraining.make_learner,
    program: str = "python -m minitorch.train",
) -> int:
    """Run the command and return its exit status."""
    parser = _Parser(prog=program, description="Train a language model on Larkmoor.")
    parser.add_argument("--config", type=Path, required=True, help="the settings, YAML or JSON")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a setting: batch=8, model.hidden_size=64, phases.0.steps=100",
    )
    options = parser.parse_args(arguments)
    try:
        keep_memory()
        settings = read_settings(options.config, options.set)
        trainer = pretraining.prepare(settings, make)
        _announce(trainer, settings)
        trainer.run()
        _report(trainer, settings)
    except (SettingsError, DataError, resume.ResumeError) as error:
        return _failed(error, 2)
    except (TrainingError, CheckpointError) as error:
        return _failed(error, 1)
    except Stopped as stopped:
        return _failed(stopped, 130)
    except KeyboardInterrupt:
        return _failed("stopped; give the command again to go on from the last checkpoint", 130)
    return 0


def _announce(trainer: Trainer, settings: Settings) -> None:
    arrays, _ = trainer.learner.state()
    size = sum(array.size for array in arrays.values())
    print(f"{size:,} parameters, {trainer.total} steps of {settings.tokens_per_step:,} tokens")
    step = trainer.resume()
    where = f"going on after step {step}, in" if step else "everything is kept in"
    print(f"{where} {settings.out}")


def _report(trainer: Trainer, settings: Settings) -> None:
    arrays, _ = trainer.learner.state()
    for name, value in trainer.rows[-1].items():
        if name.startswith("bits_per_byte"):
            print(f"{name.replace('_', ' ')}: {value:.4f}")
    print(f"SHA-256 of weights and optimizer: {resume.sha256(arrays)}")
    print(f"the model is in {pretraining.save_model(trainer, settings)}")


def _failed(error: object, status: int) -> int:
    for line in str(error).splitlines():
        print(f"train: {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
