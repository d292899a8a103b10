"""Week 6, what decays: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import nn, training

groups = Checks("training.decay_groups")


class _Made(nn.Module):
    """A module with parameters of the given shapes, in order; some may want no gradient."""

    def __init__(self, shapes, shared=False):
        for number, shape in enumerate(shapes):
            setattr(self, f"p{number}", nn.Parameter(np.full(shape, float(number))))
        if shared:
            self.again = self.p0


def models(rng):
    yield {"shapes": [(3, 2), (3,)], "weight_decay": 0.1}
    yield {"shapes": [(4,), (2, 4), (2,), (3, 2)], "weight_decay": 0.5}
    yield {"shapes": [(2,), (5, 2), (5,), (2, 5), (1, 3)], "weight_decay": 0.01}


def other_numbers_of_axes(rng):
    yield {"shapes": [(2, 3, 4), (3,), ()], "weight_decay": 0.1}
    yield {"shapes": [(), (2, 2, 2, 2)], "weight_decay": 0.2}


def models_of_one_kind(rng):
    yield {"shapes": [(3, 2), (2, 3)], "weight_decay": 0.1}
    yield {"shapes": [(3,), (2,)], "weight_decay": 0.1}


def models_with_small_matrices(rng):
    yield {"shapes": [(1, 1), (7,), (1, 3), (64,)], "weight_decay": 0.3}


def _run(shapes, weight_decay, shared=False):
    model = _Made(shapes, shared)
    numbers = {id(parameter): n for n, parameter in enumerate(model.parameters())}
    found = training.decay_groups(model, weight_decay)
    if not isinstance(found, list | tuple):
        raise Complaint(
            f"It returned a value of type `{type(found).__name__}`; a list of groups is expected."
        )
    for group in found:
        if not isinstance(group, dict) or "params" not in group:
            raise Complaint(
                'A group is a dictionary such as {"params": [...], "weight_decay": 0.1}.'
            )
        if any(id(parameter) not in numbers for parameter in group["params"]):
            raise Complaint(
                'Under "params" should stand the parameters themselves, as `model.parameters()` '
                "gives them."
            )
    return [
        {
            "parameters": [numbers[id(parameter)] for parameter in group["params"]],
            "options": {name: value for name, value in group.items() if name != "params"},
        }
        for group in found
    ]


groups.check("matrices and others", cases=models)(_run)
groups.check("more axes than two, and none", cases=other_numbers_of_axes)(_run)
groups.check("only one kind", cases=models_of_one_kind)(_run)
groups.check("matrices that are small", cases=models_with_small_matrices)(_run)


@groups.check("a shared parameter", cases=models)
def _(shapes, weight_decay):
    return _run(shapes, weight_decay, shared=True)


groups.slip(
    "groups_that_all_decay",
    "Both groups decay. A norm's weights multiply a whole stream of numbers and a bias shifts it; "
    "pulled toward 0 they do harm. Their group has a weight decay of 0.0.",
    ('"weight_decay": 0.0', '"weight_decay": weight_decay'),
)
groups.slip(
    "groups_exchanged",
    "The groups are exchanged: the matrices decay, and come first.",
    ("if parameter.ndim >= 2", "if parameter.ndim < 2 "),
    ("for parameter in parameters if parameter.ndim < 2]", "for parameter in parameters "
     "if parameter.ndim >= 2]"),
)  # fmt: skip
groups.slip(
    "groups_of_exactly_two_axes",
    "A parameter with three axes or more is in no group, or in the wrong one. Two axes *or more* "
    "decay.",
    (".ndim >= 2", ".ndim == 2"),
    (".ndim < 2", ".ndim != 2"),
)
groups.slip(
    "groups_that_leave_out_some",
    "A parameter with three axes is in neither group, so it is never trained. Every parameter "
    "belongs to one of the two.",
    (".ndim >= 2", ".ndim == 2"),
)
groups.slip(
    "groups_that_leave_out_scalars",
    "A parameter without any axis, a single number, is in neither group and is never trained.",
    (".ndim < 2", ".ndim == 1"),
)
groups.slip(
    "groups_by_size",
    "You go by the number of entries. What counts is the number of axes: a norm's weights may be "
    "many, and a matrix may be small.",
    (".ndim >= 2", ".size > 4"),
    (".ndim < 2", ".size <= 4"),
)
groups.slip(
    "groups_that_are_empty",
    "A group without parameters stays in the list; leave it out.",
    ('[group for group in groups if group["params"]]', "groups"),
)
groups.slip(
    "groups_in_another_order",
    "The group that decays comes first; yours is the second.",
    ('[group for group in groups if group["params"]]',
     '[group for group in groups[::-1] if group["params"]]'),
)  # fmt: skip
groups.slip(
    "groups_with_the_smallest_first",
    "The parameters of a group stand in an order of your own. Keep the model's: an optimizer's "
    "saved state knows its parameters by their place.",
    ("parameters = model.parameters()", "parameters = sorted(model.parameters(), "
     "key=lambda parameter: (-parameter.ndim, parameter.size))"),
)  # fmt: skip


@groups.alternative
def groups_in_one_loop(model, weight_decay):
    found = {True: [], False: []}
    for _, parameter in model.named_parameters():
        found[len(parameter.shape) > 1].append(parameter)
    both = [(found[True], weight_decay), (found[False], 0.0)]
    return [{"params": params, "weight_decay": decay} for params, decay in both if params]
