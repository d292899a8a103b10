"""Generation: with a cache, in a batch, on arrays or through the model, the tokens are the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from minitorch import ShapeError, generation, no_grad
from minitorch.generation import Reader, Rereader, generate, generate_batch, pad_left
from minitorch.sampling import Settings
from tests.minitorch.tiny_models import SIZE, prompt, tiny_model

EVERY_SETTING = Settings(1.2, top_k=30, top_p=0.95, min_p=0.01, repetition_penalty=1.2)
WAYS = {
    "greedy": Settings(),
    "hot": Settings(temperature=1.5),
    "top k": Settings(1.0, top_k=5),
    "top p": Settings(1.0, top_p=0.7),
    "min p": Settings(1.0, min_p=0.1),
    "penalty": Settings(repetition_penalty=1.5),
    "all": EVERY_SETTING,
}
MODELS = {
    "dense": {},
    "as many key heads": {"num_key_value_heads": 4},
    "tied": {"tie_word_embeddings": True},
    "experts": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "float64": {"dtype": np.float64},
}


def through_the_model(model) -> Reader:
    reader = Reader(model)
    reader.decoder = None
    return reader


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sizes", MODELS)
def test_tokens_with_a_cache_are_those_without(way, sizes):
    model = tiny_model(**MODELS[sizes])
    for seed in range(2):
        ids = prompt(5 + seed, seed)

        def tokens(reader, ids=ids, seed=seed):
            rng = np.random.default_rng(seed)
            return list(generate(model, ids, WAYS[way], rng, reader=reader))

        expected = tokens(Rereader(model))
        assert len(expected) == 48 - len(ids)  # up to the end of the context
        assert tokens(Reader(model)) == expected
        assert tokens(through_the_model(model)) == expected


@pytest.mark.parametrize("sizes", MODELS)
def test_scores_with_a_cache_are_those_without(sizes):
    model = tiny_model(**MODELS[sizes])
    ids = prompt(20)
    with no_grad():
        expected = model(np.array([ids])).data[0]
    tolerance = 1e-12 if model.lm_head.weight.dtype == np.float64 else 1e-5
    for reader in (Reader(model), through_the_model(model)):
        for first, last in [(0, 6), (6, 7), (7, 8), (8, 12), (12, 13), (13, 20)]:
            scores = reader.read(ids[first:last])
            np.testing.assert_allclose(scores, expected[first:last], atol=tolerance * 10, rtol=1e-5)
            assert scores.dtype == expected.dtype


def test_greedy_tokens_are_those_of_transformers():
    model = tiny_model()
    config = LlamaConfig(**{k: v for k, v in vars(model.config).items() if v is not None})
    theirs = LlamaForCausalLM(config).eval()
    theirs.load_state_dict({k: torch.from_numpy(v) for k, v in model.state_dict().items()})
    ids = prompt(6)
    expected = theirs.generate(
        torch.tensor([ids]), max_new_tokens=20, do_sample=False, eos_token_id=None, pad_token_id=0
    )
    assert list(generate(model, ids, Settings(max_new_tokens=20))) == expected[0, 6:].tolist()


def test_the_plain_loops_give_what_generate_gives():
    model, ids = tiny_model(), prompt(6)
    before = list(ids)
    expected = list(generate(model, ids, Settings(max_new_tokens=15)))
    assert generation.greedy(model, ids, 15) == expected
    assert generation.greedy_with_cache(model, ids, 15) == expected
    assert ids == before
    assert generation.greedy(model, ids, 0) == generation.greedy_with_cache(model, ids, 0) == []


def test_with_a_cache_each_token_goes_through_the_model_once():
    model = tiny_model()
    sizes = []
    forward = model.forward
    model.forward = lambda ids, *more: sizes.append(np.shape(ids)) or forward(ids, *more)
    generation.greedy_with_cache(model, prompt(6), 4)
    assert sizes == [(1, 6), (1, 1), (1, 1), (1, 1)]


def test_tokens_are_computed_when_they_are_asked_for():
    model = tiny_model()
    reader = Reader(model)
    tokens = generate(model, prompt(4), reader=reader)
    assert len(reader.ids) == 0
    next(tokens)
    assert len(reader.ids) == 4
    next(tokens)
    assert len(reader.ids) == 5


def test_an_end_token_ends_the_text_and_does_not_come_out():
    model, ids = tiny_model(), prompt(6)
    tokens = list(generate(model, ids))
    place = 7
    end = tokens[place]
    first = tokens.index(end)
    assert list(generate(model, ids, end=[end])) == tokens[:first]
    model.config.eos_token_id = end
    assert list(generate(model, ids)) == tokens[:first]
    assert list(generate(model, ids, end=())) == tokens


def test_gradients_stay_on_between_two_tokens():
    model = tiny_model()
    tokens = generate(model, prompt(4))
    next(tokens)
    assert model(np.array([prompt(3)])).requires_grad


# -- prompts that were read before ---------------------------------------------------------------


def test_what_was_read_before_is_not_read_again():
    model = tiny_model()
    reader = through_the_model(model)
    read = []
    forward = model.forward
    model.forward = lambda ids, *more: read.append(np.shape(ids)[1]) or forward(ids, *more)
    ids = prompt(20)
    reader.scores_after(ids)
    reader.scores_after([*ids, 1, 2])
    reader.scores_after([*ids[:15], 9, 9, 9])
    reader.scores_after([*ids[:15], 9, 9, 9])
    reader.scores_after(ids[:10])
    assert read == [20, 2, 3, 1, 1]


def test_a_reader_that_was_used_before_gives_the_same_tokens():
    model = tiny_model()
    reader = Reader(model)
    for text in (prompt(12), prompt(20), prompt(12)[:7] + prompt(6, 3), prompt(5), [4]):
        for seed in (0, 1):
            again = generate(model, text, EVERY_SETTING, np.random.default_rng(seed), reader=reader)
            fresh = generate(model, text, EVERY_SETTING, np.random.default_rng(seed))
            assert list(again) == list(fresh)


def test_a_reader_that_was_interrupted_goes_on_rightly(monkeypatch):
    model, ids = tiny_model(), prompt(9)
    reader = Reader(model)
    reader.scores_after(ids)
    reader.caches[0].extend(*np.ones((2, 1, 2, 1, 8), np.float32))  # the first layer got further
    np.testing.assert_allclose(
        reader.scores_after([*ids, 5]), Reader(model).scores_after([*ids, 5]), atol=1e-5
    )


# -- batches -------------------------------------------------------------------------------------


def test_prompts_are_padded_on_the_left():
    ids, real = pad_left([[1, 2, 3], [4], [5, 6]], fill=9)
    assert ids.tolist() == [[1, 2, 3], [9, 9, 4], [9, 5, 6]]
    assert real.tolist() == [[True] * 3, [False, False, True], [False, True, True]]
    assert ids.dtype == np.int64
    assert real.dtype == bool


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sizes", ["dense", "experts"])
def test_a_batch_of_unequal_prompts_gives_what_each_gives_alone(way, sizes):
    model = tiny_model(**MODELS[sizes])
    prompts = [prompt(size, size) for size in (9, 2, 17, 1, 9)]
    settings = Settings(**vars(WAYS[way]) | {"max_new_tokens": 20})
    end = range(8)  # ends that come at different times
    rngs = lambda: np.random.default_rng(5).spawn(len(prompts))  # noqa: E731
    together = generate_batch(model, prompts, settings, rngs(), end=end)
    alone = [list(generate(model, p, settings, r, end=end)) for p, r in zip(prompts, rngs())]
    assert together == alone
    assert len({len(tokens) for tokens in alone}) > 1


def test_an_empty_batch_gives_nothing():
    assert generate_batch(tiny_model(), []) == []


def test_a_batch_asks_for_a_generator_for_each_prompt():
    with pytest.raises(ValueError, match="2 prompts need as many random generators, not 1"):
        generate_batch(tiny_model(), [[1], [2]], Settings(1.0), [np.random.default_rng(0)])


# -- errors --------------------------------------------------------------------------------------


def test_a_prompt_that_a_model_cannot_take_is_refused_at_once():
    model = tiny_model()
    with pytest.raises(ShapeError, match="the prompt is empty"):
        generate(model, [])
    with pytest.raises(ShapeError, match="the prompt has 49 tokens; this model reads at most 48"):
        generate(model, prompt(49))
    with pytest.raises(IndexError, match=f"there is no token {SIZE}"):
        generate(model, [1, SIZE])
    assert list(generate(model, prompt(48))) == []
    assert len(list(generate(model, prompt(47)))) == 1
    with pytest.raises(ShapeError, match="nothing to read"):
        Reader(model).read([])
    with pytest.raises(ShapeError, match="reads at most 48"):
        Reader(model).read(prompt(49))


def test_caches_of_a_model_are_not_shared_between_readers():
    model = tiny_model()
    first, second = Reader(model), Reader(model)
    first.read(prompt(5))
    assert len(second.caches[0]) == 0
