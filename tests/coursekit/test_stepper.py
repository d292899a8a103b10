"""The walk backward through a graph: the reader's own functions, and nothing changed by it."""

import matplotlib.text
import numpy as np
import pytest

from coursekit.graph_nodes import graph_of
from coursekit.graph_steps import backward_steps
from coursekit.graphs import step_backward
from coursekit.stepper import Stepper
from minitorch import Tensor, autograd


def small_graph():
    a, b, c = (Tensor(value, requires_grad=True) for value in (2.0, -3.0, 10.0))
    d = a * b
    loss = (d + c) * a
    return loss, {"a": a, "b": b, "c": c, "d": d, "loss": loss}


def steps_of(tensor, names=None, gradient=1.0):
    return backward_steps(graph_of(tensor, names), gradient)


def sentences(tensor, names=None):
    return [step.says.split("\n") for step in steps_of(tensor, names)]


def stepper():
    graph = graph_of(*small_graph())
    return Stepper(graph, backward_steps(graph, 1.0))


def test_each_step_says_what_is_held_handed_on_and_added():
    minus = "\N{MINUS SIGN}"
    assert sentences(*small_graph()) == [
        ["Start at loss: its gradient is 1."],
        ["loss holds 1 and hands on 2 to add and 4 to a."],
        ["add holds 2 and hands on 2 to d and 2 to c."],
        [
            f"d holds 2 and hands on {minus}6 to a and 4 to b.",
            f"a adds up: 4 + ({minus}6) = {minus}2.",
        ],
        ["Done: a, b and c keep what has arrived as grad."],
    ]


def test_two_parts_from_one_rule_add_up():
    x = Tensor(3.0, requires_grad=True)
    assert sentences(x * x, {"x": x})[1][1] == "x adds up: 3 + 3 = 6."


def test_the_last_step_holds_what_backward_leaves_in_grad():
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    w = Tensor(rng.normal(size=(4, 2)), requires_grad=True)
    b = Tensor(rng.normal(size=2), requires_grad=True)
    hidden = (x @ w + b).tanh()
    out = (hidden * hidden + hidden).log_softmax() * hidden
    start = rng.normal(size=out.shape)
    graph = graph_of(out, None)
    walked = backward_steps(graph, start)[-1].gradients
    numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}
    out.backward(start)
    for leaf in (x, w, b):
        np.testing.assert_allclose(walked[numbers[id(leaf)]], leaf.grad)


def test_walking_changes_nothing_and_calls_each_rule_once():
    loss, names = small_graph()
    calls = []
    for name in ("d", "loss"):
        rule = names[name].rule

        def counted(g, rule=rule, name=name):
            calls.append(name)
            return rule(g)

        names[name].rule = counted
    step_backward(loss, names)
    assert calls == ["loss", "d"]
    assert all(tensor.grad is None for tensor in names.values())
    loss.backward()
    assert names["a"].grad == -2


def test_the_order_is_the_readers_own(monkeypatch):
    def parents_in_the_wrong_place(root):
        return [root, *root.parents]

    monkeypatch.setattr(autograd, "topological_order", parents_in_the_wrong_place)
    loss, names = small_graph()
    assert sentences(loss, names)[1:3] == [
        ["No gradient has come to add yet: its rule cannot be called."],
        ["loss holds 1 and hands on 2 to add and 4 to a."],
    ]


def test_a_gradient_that_comes_after_its_rule_was_called_is_pointed_out(monkeypatch):
    x = Tensor(3.0, requires_grad=True)
    square = x * x
    out = square.exp() + square
    names = {"square": square, "out": out}
    (exp, _) = out.parents
    monkeypatch.setattr(autograd, "topological_order", lambda root: [exp, x, square, root])
    assert "Too late for square: its rule was called before this part came." in [
        sentence for step in sentences(out, names) for sentence in step
    ]


def test_an_order_with_a_foreign_tensor_is_refused(monkeypatch):
    monkeypatch.setattr(autograd, "topological_order", lambda root: [Tensor(1.0)])
    with pytest.raises(ValueError, match="was not computed from"):
        steps_of(*small_graph())


def test_gradients_are_brought_to_shape_by_the_readers_own_function(monkeypatch):
    x = Tensor([1.0, 2.0], requires_grad=True)
    monkeypatch.setattr(autograd, "unbroadcast", lambda gradient, shape: np.full(shape, 7.0))
    out = x * Tensor(np.ones((3, 2), np.float32))
    assert steps_of(out, {"x": x})[-1].gradients[0].tolist() == [7, 7]


def test_a_tensor_without_gradients_cannot_be_walked():
    with pytest.raises(ValueError, match="nothing it was computed from has requires_grad"):
        step_backward(Tensor(1.0) * 2.0)


def test_buttons_and_slider_move_through_the_steps_and_stop_at_the_ends():
    panel = stepper().panel()
    back, forward, slider = panel.box.children[0].children
    seen = [slider.value]
    for button in [back, forward, forward, back, *[forward] * 5]:
        button.click()
        seen.append(slider.value)
    assert seen == [0, 0, 1, 2, 1, 2, 3, 4, 4, 4]
    assert 'aria-label="Backward pass, step 4 of 4. Done:' in panel.picture.value


def test_every_step_has_the_same_size_and_its_own_gradients():
    walk = stepper()
    pictures = [walk.draw(step) for step in range(5)]
    assert len({tuple(fig.get_size_inches()) for fig in pictures}) == 1
    written = [
        sum("grad" in text.get_text().split() for text in fig.findobj(matplotlib.text.Text))
        for fig in pictures
    ]
    assert written == [1, 3, 5, 6, 6]


def test_the_still_shows_a_step_in_which_gradients_add_up():
    walk = stepper()
    assert walk.steps[3].adds
    assert 3 in walk.telling()
