"""Week 7, the likeliest token: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import cache, generation
from minitorch.config import Config
from minitorch.generation import _dtype, no_grad
from minitorch.transformer import CausalLM

plain = Checks("generation.greedy")
cached = Checks("generation.greedy_with_cache")

SIZES = {
    "vocab_size": 13,
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 32,
    "initializer_range": 0.7,
}


class Watched:
    """A small model with random weights that remembers what it was asked to read."""

    def __init__(self, seed):
        self.inner = CausalLM(Config(**SIZES), rng=np.random.default_rng(seed), dtype=np.float64)
        self.config, self.model = self.inner.config, self.inner.model
        self.read = []
        self.recorded = False
        self.kept_in = set()

    def __call__(self, ids, real=None, caches=None):
        self.read.append(np.array(ids).tolist())
        out = self.inner(ids, real, caches)
        self.recorded |= out.requires_grad
        self.kept_in |= {str(kept.keys.dtype) for kept in caches or []}
        return out


def prompts(rng):
    for length, count in ((1, 4), (3, 6), (7, 9)):
        ids = rng.integers(13, size=length).tolist()
        yield {"seed": int(rng.integers(1 << 30)), "ids": ids, "count": count}


def nothing_more(rng):
    yield {"seed": 3, "ids": [5, 6], "count": 0}
    yield {"seed": 3, "ids": [5, 6], "count": 1}


def _described(seed, ids, count):
    return f"a small model with random weights (seed {seed})\nids = {ids}\ncount = {count}"


def _tokens(tokens):
    if tokens is None:
        raise Complaint("It returned nothing (None): does it end in `return`?")
    if isinstance(tokens, np.ndarray):
        raise Complaint("It returned an array; a list of the new tokens is asked for.")
    return [int(token) for token in tokens]


def _asked(function):
    def run(seed, ids, count):
        model = Watched(seed)
        return {"tokens": _tokens(function(model, ids, count))}

    return run


def _watched(function):
    def run(seed, ids, count):
        model = Watched(seed)
        function(model, ids, count)
        return {
            "what the model was given": model.read,
            "the type of what the caches hold": sorted(model.kept_in),
        }

    return run


def _unrecorded(function):
    def run(seed, ids, count):
        model = Watched(seed)
        function(model, ids, count)
        if model.recorded:
            raise Complaint(
                "Gradients are recorded, though nobody asks for them: it costs time and memory. "
                "Compute inside `with no_grad():`."
            )
        return True

    return run


def _add_checks(checks, function):
    settings = {"describe": _described}
    checks.check("the tokens", cases=prompts, **settings)(_asked(function))
    checks.check("no token, and one", cases=nothing_more, **settings)(_asked(function))
    checks.check("what the model reads", cases=prompts, **settings)(_watched(function))
    checks.check("no gradients are recorded", cases=prompts, **settings)(_unrecorded(function))


_add_checks(plain, lambda model, ids, count: generation.greedy(model, ids, count))
_add_checks(cached, lambda model, ids, count: generation.greedy_with_cache(model, ids, count))


# -- greedy ------------------------------------------------------------------------------------

plain.slip(
    "looks_at_the_first_place",
    "You take the scores of the first place. The model scores the next token for every place; the "
    "one after the whole text stands last.",
    (".data[0, -1]", ".data[0, 0]"),
)
plain.slip(
    "reads_the_last_token_alone",
    "The model is given one token and knows nothing of the text before it: give it the whole text.",
    ("np.array([text])", "np.array([text[-1:]])"),
)
plain.slip(
    "reads_the_prompt_alone",
    "The model is given the prompt each time, without the tokens that came since, and says the "
    "same token again and again.",
    ("np.array([text])", "np.array([ids])"),
)
plain.slip(
    "returns_the_prompt_too",
    "The prompt comes back as well: return the new tokens alone.",
    ("text[len(ids) :]", "text"),
)
plain.slip(
    "changes_the_prompt",
    "The new tokens are appended to the list that was passed in: make a list of your own.",
    ("text = list(ids)", "text, ids = ids, tuple(ids)"),
)
plain.slip(
    "records_gradients",
    "Each step records its history for a backward pass that never comes.",
    ("with no_grad():", "if True:"),
)
plain.slip(
    "takes_the_least_likely",
    "You take the lowest score; the likeliest token has the highest.",
    (".argmax()", ".argmin()"),
)


@plain.alternative
def grows_an_array(model, ids, count):
    text = np.array([list(ids)])
    with no_grad():
        while text.shape[1] < len(ids) + count:
            best = np.argmax(model(text).data[:, -1], axis=-1)
            text = np.concatenate([text, best[:, None]], axis=1)
    return text[0, len(ids) :].tolist()


# -- greedy_with_cache -------------------------------------------------------------------------

cached.slip(
    "reads_everything_again",
    "The whole text goes through the model each time, and into the cache each time, behind what is "
    "there already. After the prompt, only the newest token is new.",
    ("new = [int(scores.argmax())]", "new = [*new, int(scores.argmax())]"),
    ("tokens += new", "tokens.append(new[-1])"),
    ("len(ids) + count, dtype", "(len(ids) + count) ** 2, dtype"),
)
cached.slip(
    "forgets_the_cache",
    "After the prompt the model sees one token alone: its caches are missing, or were made anew "
    "and are empty. Make them once, before the loop, and pass them every time.",
    ("np.array([new]), None, caches)", "np.array([new]), None, None)"),
)
cached.slip(
    "has_no_room",
    "There is room for the new tokens alone: the prompt needs its places too.",
    ("len(ids) + count", "count"),
)
cached.slip(
    "looks_at_the_first_place",
    "You take the scores of the first place. After the prompt's pass the one you want stands last.",
    (".data[0, -1]", ".data[0, 0]"),
)
cached.slip(
    "records_gradients",
    "Each step records its history for a backward pass that never comes.",
    ("with no_grad():", "if True:"),
)
cached.slip(
    "forgets_the_dtype",
    "The caches hold float32, whatever the model's weights are: make them with the dtype of the "
    "weights.",
    (", dtype=_dtype(model))", ")"),
)


@cached.alternative
def writes_the_prompt_first(model, ids, count):
    caches = cache.new_caches(model.config, len(ids) + count, dtype=_dtype(model))
    tokens = []
    with no_grad():
        while len(tokens) < count:
            given = [tokens[-1]] if tokens else list(ids)
            best = model(np.array([given]), None, caches).data[0, -1].argmax()
            tokens.append(int(best))
    return tokens


for exercise, call in ((plain, "text"), (cached, "new")):
    rest = ").data" if exercise is plain else ", None, caches).data"
    exercise.equivalent(
        f"scores = model(np.array([{call}]){rest}[0, -1] -> "
        f"scores = model(np.array([{call}]){rest}[-1, -1]",
        because="there is one row: the first is the last",
    )
