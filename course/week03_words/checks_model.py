"""Week 3, the neural model: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import Tensor, autograd, ngram, ops

forward = Checks("ngram.ContextModel.forward")


def _weights(rng, tokens, width, features, hidden):
    return {
        "embedding": rng.normal(size=(tokens, features)),
        "hidden": rng.normal(size=(hidden, width * features)),
        "output": rng.normal(size=(tokens, hidden)),
    }


def one_context(rng):
    yield {"context": np.array([[1, 2]]), "weights": _weights(rng, 4, 2, 3, 5)}


def several_contexts(rng):
    yield {"context": rng.integers(0, 6, (4, 3)), "weights": _weights(rng, 6, 3, 2, 4)}
    yield {"context": rng.integers(0, 5, (3, 4)), "weights": _weights(rng, 5, 4, 4, 3)}


def rows_of_contexts(rng):
    yield {"context": rng.integers(0, 6, (2, 5, 3)), "weights": _weights(rng, 6, 3, 2, 4)}


def _sizes(context, weights):
    """What was tried, in words: the weights themselves say little."""
    tokens, features = weights["embedding"].shape
    hidden, joined = weights["hidden"].shape
    shown = f"context = {context.tolist()}" if context.ndim < 3 else "context"
    return (
        f"{shown}, of shape {context.shape}\n"
        f"a model of {tokens} tokens, width {joined // features}, {features} features each, and "
        f"{hidden} hidden numbers"
    )


def _forward(context, weights):
    tokens, features = weights["embedding"].shape
    hidden = len(weights["hidden"])
    width = weights["hidden"].shape[1] // features
    rng = np.random.default_rng(0)
    model = ngram.ContextModel(tokens, width, features, hidden, rng=rng)
    model.embedding.weight.data = weights["embedding"]
    model.hidden.weight.data = weights["hidden"]
    model.hidden.bias.data = np.linspace(-1, 1, hidden)
    model.output.weight.data = weights["output"]
    model.output.bias.data = np.linspace(2, -2, tokens)
    scores = model.forward(context)
    if scores is None:
        raise Complaint(
            "It returned nothing (None): does every way through the function reach a `return`?"
        )
    if not isinstance(scores, Tensor):
        raise Complaint(f"It returned a value of type `{type(scores).__name__}`, not a Tensor.")
    if not scores.requires_grad:
        raise Complaint("No gradient can come back: work with tensors, not with their arrays.")
    g = np.cos(np.arange(scores.size, dtype=float)).reshape(scores.shape)
    autograd.backward(scores, g)
    gradients = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            raise Complaint(
                f"The gradient of {name} is None: the way back is cut, because `Tensor(...)` or "
                "`.data` in forward makes a new leaf."
            )
        gradients[f"gradient of {name}"] = parameter.grad
    return {"scores": scores.data, **gradients}


forward.check("one context", cases=one_context, describe=_sizes)(_forward)
forward.check("several contexts", cases=several_contexts, describe=_sizes)(_forward)
forward.check("rows of contexts", cases=rows_of_contexts, describe=_sizes)(_forward)


@forward.wrong
def forward_without_tanh(self, context):
    """There is no tanh. Two layers without one between them are a single layer: scores would be
    sums over the tokens, each counted by itself."""
    features = self.embedding(context)
    return self.output(self.hidden(features.reshape(*context.shape[:-1], -1)))


@forward.wrong
def forward_with_relu(self, context):
    """You use relu. The paper, and this exercise, use tanh."""
    features = self.embedding(context)
    return self.output(self.hidden(features.reshape(*context.shape[:-1], -1)).relu())


@forward.wrong
def forward_flat(self, context):
    """The scores have lost the axes of the rows: you made a table with one line for each context.
    Keep all axes of `context` but the last: (..., width) gives (..., tokens)."""
    features = self.embedding(context)
    side_by_side = features.reshape(-1, self.hidden.weight.shape[1])
    return self.output(ops.tanh(self.hidden(side_by_side)))


@forward.wrong
def forward_interleaved(self, context):
    """You put the first feature of all tokens first, then the second. One token's features should
    stand together, then the next token's: do not exchange the last two axes."""
    features = self.embedding(context).transpose(-1, -2)
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return self.output(ops.tanh(self.hidden(side_by_side)))


@forward.wrong
def forward_backward_in_time(self, context):
    """The context is turned round. Its first token is the oldest, and its features come first."""
    features = self.embedding(context[..., ::-1])
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return self.output(ops.tanh(self.hidden(side_by_side)))


@forward.wrong
def forward_tanh_at_the_end(self, context):
    """You apply tanh to the scores, too. It squashes them between -1 and 1, and then no token can
    be much more likely than another."""
    features = self.embedding(context)
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return ops.tanh(self.output(ops.tanh(self.hidden(side_by_side))))


@forward.wrong
def forward_as_probabilities(self, context):
    """You return probabilities: there is a softmax at the end. Return the scores as they are; the
    cross-entropy takes the softmax itself."""
    features = self.embedding(context)
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return self.output(ops.tanh(self.hidden(side_by_side))).softmax()


@forward.wrong
def forward_cuts_the_way_back(self, context):
    """The embedding gets no gradient: the way back is cut, because `Tensor(...)` or `.data` in
    forward makes a new leaf. Work with the tensor that the embedding returns."""
    features = Tensor(self.embedding(context).data)
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return self.output(ops.tanh(self.hidden(side_by_side)))


@forward.wrong
def forward_tanh_too_early(self, context):
    """You apply tanh to the features and not behind the hidden layer. The two layers then follow
    each other without a bend between them."""
    features = self.embedding(context)
    side_by_side = features.reshape(*context.shape[:-1], -1)
    return self.output(self.hidden(ops.tanh(side_by_side)))


@forward.alternative
def forward_in_one_row(self, context):
    flat = self.embedding(context.reshape(-1)).reshape(-1, self.hidden.weight.shape[1])
    scores = self.output(self.hidden(flat).tanh())
    return scores.reshape(*context.shape[:-1], self.output.weight.shape[0])


forward.equivalent(
    "side_by_side = features.reshape(*context.shape[:-1], -1) -> "
    "side_by_side = features.reshape(*context.shape[:-1], -2)",
    because="NumPy takes any negative length for the one that is to be worked out",
)
