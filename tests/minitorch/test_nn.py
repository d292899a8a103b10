"""Modules: names as PyTorch's, parameters found wherever they stand, states that fit or say why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from minitorch import ShapeError, Tensor, nn, ops


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


class Ours(nn.Module):
    """Parameters and modules as attributes, nested, in lists and in dictionaries."""

    def __init__(self) -> None:
        self.embed = nn.Embedding(5, 4, rng=rng())
        self.scale = nn.Parameter(np.ones(3, np.float32))
        self.layers = [nn.Sequential(nn.Linear(4, 4, rng=rng()), ops.tanh), nn.ModuleList()]
        self.layers[1].append(nn.Linear(4, 2, bias=False, rng=rng()))
        self.levels = [nn.Parameter(np.zeros(2)), nn.Parameter(np.zeros(1))]
        self.experts = {"left": nn.Linear(4, 1, rng=rng()), "right": nn.Linear(4, 1, rng=rng())}
        self.shift = nn.Parameter(np.zeros(3, np.float32))
        self.head = nn.Linear(4, 5, rng=rng())
        self.head.weight = self.embed.weight
        self.again = self.layers[0]


class Theirs(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(5, 4)
        self.scale = torch.nn.Parameter(torch.ones(3))
        lists = torch.nn.ModuleList([torch.nn.Linear(4, 2, bias=False)])
        first = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Tanh())
        self.layers = torch.nn.ModuleList([first, lists])
        self.levels = torch.nn.ParameterList(
            [torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(1))]
        )
        self.experts = torch.nn.ModuleDict(
            {"left": torch.nn.Linear(4, 1), "right": torch.nn.Linear(4, 1)}
        )
        self.shift = torch.nn.Parameter(torch.zeros(3))
        self.head = torch.nn.Linear(4, 5)
        self.head.weight = self.embed.weight
        self.again = self.layers[0]


def test_names_shapes_and_order_of_parameters_are_pytorchs() -> None:
    ours = [(name, p.shape) for name, p in Ours().named_parameters()]
    theirs = [(name, tuple(p.shape)) for name, p in Theirs().named_parameters()]
    assert ours == theirs


def test_the_names_of_modules_are_pytorchs() -> None:
    # Plain lists and dictionaries are modules there, and functions too: these are left out.
    ours = [name for name, _ in Ours().named_modules()]
    theirs = [name for name, _ in Theirs().named_modules()]
    extra = {"layers", "layers.0.1", "levels", "experts"}
    assert ours == [name for name in theirs if name not in extra]


def test_a_shared_parameter_is_listed_once() -> None:
    names = [name for name, _ in Ours().named_parameters()]
    assert "embed.weight" in names
    assert "head.weight" not in names
    assert not any(name.startswith("again") for name in names)


def test_a_parameter_under_two_names_goes_by_the_first() -> None:
    module = nn.Module()
    module.a = module.b = nn.Parameter(np.zeros(2))
    assert [name for name, _ in module.named_parameters()] == ["a"]


def test_parameters_of_equal_values_are_all_listed() -> None:
    module = nn.Module()
    module.a, module.b = nn.Parameter(np.zeros(2)), nn.Parameter(np.zeros(2))
    assert [name for name, _ in module.named_parameters()] == ["a", "b"]


def test_a_parameter_is_a_leaf_that_wants_a_gradient() -> None:
    for data in (np.ones(2, np.float32), Tensor([1.0, 2.0]), [1.0, 2.0]):
        parameter = nn.Parameter(data)
        assert parameter.requires_grad
        assert parameter.rule is None
        assert parameter.dtype == np.float32
    with pytest.raises(TypeError, match="floating-point"):
        nn.Parameter(np.arange(3))


def test_a_state_that_pytorch_saved_gives_the_same_results() -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
    ours = nn.Sequential(nn.Linear(3, 8, rng=rng()), ops.tanh, nn.Linear(8, 2, rng=rng()))
    ours.load_state_dict({name: array.numpy() for name, array in theirs.state_dict().items()})
    x = rng().normal(size=(5, 3)).astype(np.float32)
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(Tensor(x)).data, expected, atol=1e-6)


def test_a_state_is_a_copy_and_loading_keeps_the_arrays() -> None:
    module = nn.Linear(3, 2, rng=rng())
    state, array = module.state_dict(), module.weight.data
    module.weight.data += 1
    assert not np.allclose(state["weight"], module.weight.data)
    module.load_state_dict(state)
    assert module.weight.data is array
    np.testing.assert_array_equal(array, state["weight"])
    state["weight"] += 1
    assert not np.allclose(state["weight"], array)


def test_loading_keeps_the_dtype_of_the_parameters() -> None:
    module = nn.Linear(3, 2, rng=rng())
    module.load_state_dict({"weight": np.ones((2, 3)), "bias": np.ones(2)})
    assert module.weight.dtype == np.float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bias": None}, "bias is missing"),
        ({"scale": np.ones(2)}, "scale belongs to no parameter"),
        ({"weight": np.ones((3, 2))}, r"weight has shape \(3, 2\), the parameter \(2, 3\)"),
    ],
)
def test_a_state_that_does_not_fit_says_why_and_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    module = nn.Linear(3, 2, rng=rng())
    before = module.state_dict()
    state = {name: array + 1 for name, array in before.items()} | change
    with pytest.raises(ValueError, match=message):
        module.load_state_dict({name: a for name, a in state.items() if a is not None})
    for name, array in module.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_train_and_eval_reach_every_module() -> None:
    module = Ours()
    assert all(part.training for _, part in module.named_modules())
    assert module.eval() is module
    assert not any(part.training for _, part in module.named_modules())
    module.train()
    assert all(part.training for _, part in module.named_modules())


def test_apply_visits_every_module_once_and_the_outer_one_last() -> None:
    module, visited = Ours(), []
    module.apply(visited.append)
    assert len(visited) == len(set(visited)) == len(module.named_modules())
    assert visited[-1] is module


def test_zero_grad_forgets_every_gradient() -> None:
    module = nn.Linear(3, 2, rng=rng())
    module(Tensor(np.ones((4, 3), np.float32))).sum().backward()
    assert all(p.grad is not None for p in module.parameters())
    module.zero_grad()
    assert all(p.grad is None for p in module.parameters())


def test_the_repr_is_pytorchs() -> None:
    ours = nn.Sequential(
        nn.Linear(3, 8, rng=rng()), nn.Sequential(nn.Linear(8, 2, bias=False, rng=rng()))
    )
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.Sequential(torch.nn.Linear(8, 2, bias=False))
    )
    assert repr(ours) == repr(theirs)
    assert "(1): relu\n" in repr(nn.Sequential(ours, ops.relu))
    assert repr(nn.Dropout(0.5, rng=rng())) == "Dropout(p=0.5)"
    assert repr(nn.Embedding(5, 4, rng=rng())) == "Embedding(num_embeddings=5, embedding_dim=4)"


def test_lists_of_modules_are_read_like_lists() -> None:
    layers = nn.ModuleList(nn.Linear(2, 2, rng=rng()) for _ in range(12))
    assert len(layers) == 12
    assert layers[-1] is list(layers)[11]
    assert [name for name, _ in layers.named_parameters()][-1] == "11.bias"


def test_a_linear_layer_says_what_it_takes() -> None:
    with pytest.raises(ShapeError, match=r"takes 3 numbers .* given shape \(4, 2\)"):
        nn.Linear(3, 2, rng=rng())(Tensor(np.ones((4, 2), np.float32)))


def test_an_embedding_says_which_id_it_does_not_have() -> None:
    table = nn.Embedding(5, 4, rng=rng())
    assert table([[0, 4]]).shape == (1, 2, 4)
    for ids, wrong in ([0, 5], "id 5"), ([-1], "id -1"):
        with pytest.raises(IndexError, match=f"{wrong}: Embedding has rows 0 to 4"):
            table(ids)
    with pytest.raises(TypeError, match="whole numbers"):
        table([0.5])


def test_dropout_keeps_the_average_and_its_own_numbers() -> None:
    x = Tensor(np.ones((200, 200), np.float32), requires_grad=True)
    dropout = nn.Dropout(0.25, rng=rng())
    out = dropout(x)
    assert set(np.unique(out.data)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(out.data.mean() - 1) < 0.02
    assert out.dtype == np.float32
    assert not np.array_equal(out.data, dropout(x).data)
    np.testing.assert_array_equal(out.data, nn.Dropout(0.25, rng=rng())(x).data)
    out.backward(np.ones_like(x.data))
    np.testing.assert_array_equal(x.grad, out.data)


def test_two_dropouts_of_one_generator_differ_and_leave_it_alone() -> None:
    generator, x = rng(), Tensor(np.ones(100, np.float32))
    first, second = nn.Dropout(0.5, rng=generator), nn.Dropout(0.5, rng=generator)
    assert not np.array_equal(first(x).data, second(x).data)
    assert generator.random() == rng().random()


def test_dropout_in_use_drops_nothing() -> None:
    x = Tensor(np.ones(100, np.float32))
    assert nn.Dropout(0.5, rng=rng()).eval()(x) is x
    assert nn.Dropout(0.0, rng=rng())(x) is x
    with pytest.raises(ValueError, match="not 1"):
        nn.Dropout(1, rng=rng())
