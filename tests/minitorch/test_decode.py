"""The path on arrays: when it may stand in for the model, and when it must not."""

from __future__ import annotations

import numpy as np
import pytest

from coursekit import library, source
from coursekit.answers import Answer
from minitorch import decode
from minitorch.generation import Reader, Rereader
from tests.minitorch.tiny_models import prompt, tiny_model


def test_the_path_on_arrays_is_taken_for_the_librarys_own_code():
    assert decode.decoder_for(tiny_model()) is not None
    assert decode.decoder_for(tiny_model(num_local_experts=2)) is None


@pytest.mark.parametrize(
    "name",
    [
        "attention.attention",
        "nn.Linear.forward",
        "ops.mul",
        "rotary.turned",
        "cache.KVCache.extend",
    ],
)
def test_where_an_answer_is_in_place_the_model_itself_runs(name):
    answer = Answer(name, source.solution(name)).compile()
    with library.in_place(name, answer):
        assert decode.decoder_for(tiny_model()) is None
    assert decode.decoder_for(tiny_model()) is not None


def test_a_model_with_foreign_parts_runs_itself():
    class Louder(type(tiny_model().lm_head)):
        def forward(self, x):
            return super().forward(x) * 2

    model = tiny_model()
    model.lm_head.__class__ = Louder
    assert decode.decoder_for(model) is None
    assert decode.decoder_for(tiny_model()) is not None


def test_a_new_reader_sees_the_weights_as_they_are():
    model, ids = tiny_model(), prompt(6)
    Reader(model).scores_after(ids)
    for parameter in model.parameters():
        parameter.data *= 1.3
    reader = Reader(model)
    reader.read(ids[:-1])
    np.testing.assert_allclose(
        reader.read(ids[-1:]), Rereader(model).scores_after(ids), atol=1e-4, rtol=1e-5
    )
