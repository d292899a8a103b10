"""Week 5, counting: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import transformer
from minitorch.config import Config
from minitorch.transformer import CausalLM

parameters = Checks("transformer.count_parameters")
operations = Checks("transformer.operations_per_token")


def _config(rng, **settings):
    """Sizes that have no factor in common by chance, so that none can stand in for another."""
    kv_heads = int(rng.integers(2, 4))
    drawn = {
        "vocab_size": int(rng.integers(50, 99)),
        "hidden_size": int(rng.integers(11, 40)),
        "intermediate_size": int(rng.integers(41, 49)),
        "num_hidden_layers": int(rng.integers(2, 6)),
        "num_attention_heads": kv_heads * int(rng.integers(2, 4)),
        "num_key_value_heads": kv_heads,
        "head_dim": 2 * int(rng.integers(2, 6)),
    }
    return Config(**(drawn | settings))


def dense_models(rng):
    yield {"config": Config(10, 4, 6, 1, 2)}
    yield {"config": _config(rng)}
    yield {"config": _config(rng)}


def tied_models(rng):
    yield {"config": _config(rng, tie_word_embeddings=True)}


def sparse_models(rng):
    for experts, chosen in [(4, 2), (8, 1), (5, 3)]:
        yield {"config": _config(rng, num_local_experts=experts, num_experts_per_tok=chosen)}


def huge_models(rng):
    yield {"config": Config(10**9, 10**6, 10**6, 2, 100)}


def models_of_all_kinds(rng):
    for cases in (dense_models, tied_models, sparse_models):
        yield from cases(rng)


# -- count_parameters --------------------------------------------------------------------------


def _all(config):
    return {"parameters": transformer.count_parameters(config)}


parameters.check("a model with one feed-forward part a block", cases=dense_models)(_all)
parameters.check("tied embeddings", cases=tied_models)(_all)
parameters.check("experts", cases=sparse_models)(_all)


@parameters.check("those that a token goes through", cases=models_of_all_kinds)
def _(config):
    return {"parameters": transformer.count_parameters(config, active=True)}


@parameters.check("a model that fits in no memory", cases=huge_models)
def _(config):
    try:
        return _all(config)
    except MemoryError as error:
        raise Complaint("This model fits in no memory: count from `config` alone.") from error


HEADS = "2 * (config.num_attention_heads + config.num_key_value_heads) * config.head_dim * width"
PARTS = "config.num_experts_per_tok if active else config.num_local_experts"

parameters.slip(
    "counts_all_four_matrices_alike",
    "You count four square matrices for attention. Keys and values have heads of their own number, "
    "and a head has `head_dim` numbers, so none of the four need be square.",
    (HEADS, "4 * width * width"),
)
parameters.slip(
    "counts_as_many_keys_as_queries",
    "You give keys and values as many heads as the queries: they have `num_key_value_heads`.",
    (HEADS, "4 * config.num_attention_heads * config.head_dim * width"),
)
parameters.slip(
    "counts_heads_that_share_the_width",
    "You take the heads together for as wide as the stream. A head has `head_dim` numbers, which "
    "may come to more or to less than the width.",
    (HEADS, "2 * width * width * (1 + config.num_key_value_heads / config.num_attention_heads)"),
)
parameters.slip(
    "counts_queries_as_wide_as_the_stream",
    "You take the queries for as wide as the stream. All heads together are `num_attention_heads` "
    "* `head_dim` wide, which may be more or less than `hidden_size`.",
    (HEADS, "2 * width * width + 2 * config.num_key_value_heads * config.head_dim * width"),
)
parameters.slip(
    "counts_keys_and_values_once",
    "Keys and values have a matrix each; you count one for both.",
    (HEADS, f"{HEADS} - config.num_key_value_heads * config.head_dim * width"),
)
parameters.slip(
    "counts_no_projection_back",
    "`o_proj` is missing: what the heads found goes through a matrix of its own back to the "
    "stream.",
    (HEADS, f"{HEADS} - config.num_attention_heads * config.head_dim * width"),
)
parameters.slip(
    "counts_two_matrices_in_the_feed_forward_part",
    "The feed-forward part has three matrices: the gate has one of its own.",
    ("3 * width * config", "2 * width * config"),
)
parameters.slip(
    "counts_no_router",
    "The router is missing: a score for each expert, so experts x width numbers in each block.",
    (" + config.num_local_experts * width", ""),
)
parameters.slip(
    "counts_a_part_of_the_router",
    "With `active` you count only the rows of the router that belong to the chosen experts. To "
    "choose, the router scores all of them.",
    ("+ config.num_local_experts * width", "+ experts * width"),
)
parameters.slip(
    "counts_idle_experts",
    "With `active` only the experts that a token goes through count: `num_experts_per_tok` of "
    "them.",
    (PARTS, "config.num_local_experts"),
)
parameters.slip(
    "counts_only_busy_experts",
    "Without `active` all experts count. They take up memory, whoever goes through them.",
    (PARTS, "config.num_experts_per_tok"),
)
parameters.slip(
    "counts_no_last_norm",
    "One norm is missing: after the last block comes one more.",
    ("return blocks + width +", "return blocks +"),
)
parameters.slip(
    "counts_one_norm_a_block",
    "A block has two norms, one before each of its parts.",
    ("feed_forward + 2 * width", "feed_forward + width"),
)
parameters.slip(
    "counts_the_head_always",
    "With `tie_word_embeddings` the head uses the embedding's own table, which is counted once.",
    ("(embedding if config.tie_word_embeddings else 2 * embedding)", "2 * embedding"),
)
parameters.slip(
    "counts_the_head_never",
    "Without tied embeddings `lm_head` has a table of its own, as large as the embedding's.",
    ("(embedding if config.tie_word_embeddings else 2 * embedding)", "embedding"),
)


@parameters.wrong
def counts_what_a_model_has(config, active=False):
    """You make a model and count what it has. That is right, and of no use for a model that does
    not fit in memory: count from the config alone."""
    model = CausalLM(config, rng=np.random.default_rng(0))
    total = sum(parameter.size for parameter in model.parameters())
    if active and config.is_sparse:
        idle = config.num_local_experts - config.num_experts_per_tok
        expert = 3 * config.hidden_size * config.intermediate_size
        total -= config.num_hidden_layers * idle * expert
    return total


@parameters.alternative
def counts_matrix_by_matrix(config, active=False):
    width, size = config.hidden_size, config.head_dim
    rows = [1] + [config.vocab_size] * (1 if config.tie_word_embeddings else 2)
    for _ in range(config.num_hidden_layers):
        rows += [1, 1, config.num_local_experts]
        rows += [2 * config.num_attention_heads * size, 2 * config.num_key_value_heads * size]
        parts = config.num_experts_per_tok if active else config.num_local_experts
        rows += [3 * config.intermediate_size] * (parts if config.is_sparse else 1)
    return width * sum(rows)


# -- operations_per_token ----------------------------------------------------------------------


def contexts(rng):
    for inputs in models_of_all_kinds(rng):
        yield {**inputs, "context": int(rng.integers(1, 60))}


def far_apart(rng):
    config = _config(rng)
    for context in (1, 2, 1000):
        yield {"config": config, "context": context}


def _operations(config, context):
    return {"operations": transformer.operations_per_token(config, context)}


operations.check("models of all kinds", cases=contexts)(_operations)
operations.check("near and far", cases=far_apart)(_operations)

operations.slip(
    "operations_without_the_additions",
    "You count products alone. Each is added to a sum, which is an operation too: two for each "
    "entry of a matrix.",
    ("return 2 * (entries", "return (entries"),
)
operations.slip(
    "operations_of_the_table",
    "You count the embedding. There a row is looked up, and nothing is multiplied; only `lm_head` "
    "is a product.",
    ("if not config.tie_word_embeddings:", "if False:"),
)
operations.slip(
    "operations_without_a_tied_head",
    "With tied embeddings the table serves twice: looked up at the beginning, which costs nothing, "
    "and as `lm_head` at the end, which is a product. Leave it in.",
    ("if not config.tie_word_embeddings:", "if True:"),
)
operations.slip(
    "operations_of_the_norms",
    "You count the norms' weights. Only the matrix products are counted here: the norms' share is "
    "too small to matter.",
    ("entries -= (2 * config.num_hidden_layers + 1) * config.hidden_size", "pass"),
)
operations.slip(
    "operations_of_all_experts",
    "You count all experts. A token goes through those that were chosen for it: "
    "`count_parameters(config, active=True)`.",
    ("entries = count_parameters(config, active=True)", "entries = count_parameters(config)"),
)
operations.slip(
    "operations_without_looking",
    "Attention itself is missing: besides its four matrices each head multiplies its query with "
    "all keys, and its weights with all values.",
    (" + config.num_hidden_layers * looking", ""),
)
operations.slip(
    "operations_of_the_scores_alone",
    "Half of the looking is missing. The query times the keys is one product and the weights times "
    "the values another; and each number in both costs two operations, a product and a sum.",
    ("looking = 2 * context", "looking = context"),
)
operations.slip(
    "operations_of_shared_heads",
    "You count the key and value heads. They are shared, but every query head looks for itself: "
    "`num_attention_heads` of them.",
    ("config.num_attention_heads", "config.num_key_value_heads"),
)
operations.slip(
    "operations_of_heads_that_share_the_width",
    "You take the heads together for as wide as the stream: they are `num_attention_heads` * "
    "`head_dim`, which may be more or less than `hidden_size`.",
    ("config.num_attention_heads * config.head_dim", "config.hidden_size"),
)
operations.slip(
    "operations_with_tied_and_untied_exchanged",
    "It is the other way round: an untied model has two tables, of which one is only looked up and "
    "is taken away; a tied one has a single table, which is multiplied with at the end.",
    ("if not config.tie_word_embeddings:", "if config.tie_word_embeddings:"),
)
operations.slip(
    "operations_of_one_layer_looking",
    "Only one layer looks at the context. Each of them does.",
    ("config.num_hidden_layers * looking", "looking"),
)
operations.slip(
    "operations_of_all_pairs",
    "You count all pairs of places. One token looks at `context` keys; the square comes from there "
    "being as many tokens.",
    ("looking = 2 * context *", "looking = 2 * context * context *"),
)
operations.slip(
    "operations_for_training",
    "You count the way back too, which costs twice as much again. The question is about the way "
    "forward.",
    ("return 2 * (", "return 6 * ("),
)


@operations.alternative
def operations_product_by_product(config, context):
    width, heads = config.hidden_size, config.num_attention_heads * config.head_dim
    shared = config.num_key_value_heads * config.head_dim
    layer = 2 * width * heads + 2 * width * shared + 2 * context * heads
    if config.is_sparse:
        layer += width * config.num_local_experts
        layer += config.num_experts_per_tok * 3 * width * config.intermediate_size
    else:
        layer += 3 * width * config.intermediate_size
    return 2 * (config.num_hidden_layers * layer + width * config.vocab_size)
