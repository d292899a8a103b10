"""Pictures of computation graphs: complete, tidy, and named by identity."""

import itertools

import matplotlib.text
import numpy as np
import pytest

from coursekit.figures import bundle
from coursekit.graph_layout import arrange
from coursekit.graph_nodes import graph_of, text_of
from coursekit.graphs import draw_graph
from minitorch import Tensor


def words(fig):
    """Everything that is written in a figure."""
    return [text.get_text() for text in fig.findobj(matplotlib.text.Text) if text.get_text()]


def small_graph():
    a, b, c = (Tensor(value, requires_grad=True) for value in (2.0, -3.0, 10.0))
    d = a * b
    loss = (d + c) * a
    return loss, {"a": a, "b": b, "c": c, "d": d, "loss": loss}


def random_graph(seed, boxes):
    rng = np.random.default_rng(seed)
    sizes = [(rng.uniform(0.5, 1.2), rng.uniform(0.4, 1.1)) for _ in range(boxes)]
    edges = []
    for end in range(1, boxes):
        if end > boxes // 3:
            edges += [(int(start), end) for start in rng.integers(0, end, rng.integers(1, 3))]
    return sizes, edges


# -- what is in a graph -----------------------------------------------------------------------


def test_a_tensor_used_twice_is_one_box_with_two_arrows():
    x = Tensor(3.0, requires_grad=True)
    graph = graph_of(x * x, None)
    assert [tensor is x for tensor in graph.tensors] == [True, False]
    assert graph.edges == [(0, 1), (0, 1)]


def test_names_belong_to_tensors_not_to_values():
    one, other = Tensor(2.0, requires_grad=True), Tensor(2.0, requires_grad=True)
    graph = graph_of(one * other, {"other": other})
    assert [graph.names.get(n) for n, t in enumerate(graph.tensors) if t is other] == ["other"]
    assert len(graph.names) == 1


def test_names_of_tensors_from_elsewhere_are_left_out():
    x = Tensor(2.0, requires_grad=True)
    assert graph_of(-x, {"x": x, "elsewhere": Tensor(2.0)}).names == {0: "x"}


def test_constants_are_drawn_too():
    x = Tensor(3.0, requires_grad=True)
    fig = draw_graph(x * 0.5, {"x": x})
    assert "0.5" in words(fig)


def test_a_graph_that_backward_took_apart_says_so():
    loss, names = small_graph()
    loss.backward()
    with pytest.raises(ValueError, match="took it apart: draw it before"):
        draw_graph(loss, names)


def test_a_graph_too_large_for_a_picture_says_so_however_deep_it_is():
    x = Tensor(1.0, requires_grad=True)
    for _ in range(20_000):
        x = -x
    with pytest.raises(ValueError, match="20001 tensors, and a picture has room for 60"):
        draw_graph(x)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (-0.0, "0"),
        (-1 / 3, "\N{MINUS SIGN}0.3333"),
        (1e-9, "1e\N{MINUS SIGN}09"),
        ([1.0, 2.5], "[1, 2.5]"),
        ([[1.0], [-20.0]], "[  1]\n[\N{MINUS SIGN}20]"),
        (np.zeros(5), "shape (5,)"),
        (np.zeros((2, 4)), "shape (2, 4)"),
        (np.zeros((1, 1, 1)), "shape (1, 1, 1)"),
        (np.zeros((0, 2)), "shape (0, 2)"),
        (7, "7"),
        (True, "1"),
    ],
)
def test_small_arrays_are_printed_and_large_ones_give_their_shape(value, text):
    assert text_of(np.asarray(value)) == text


# -- what is drawn ----------------------------------------------------------------------------


def test_boxes_carry_name_operation_and_value():
    loss, names = small_graph()
    written = words(draw_graph(loss, names))
    assert sorted(w for w in written if w.isalpha()) == sorted([*names, "mul", "mul", "add"])
    assert {"2", "10", "4", "8"} <= set(written)


def test_gradients_are_written_where_there_are_some_and_left_out_on_demand():
    loss, names = small_graph()
    assert not any("grad" in word for word in words(draw_graph(loss, names)))
    loss.backward(keep_graph=True)
    written = words(draw_graph(loss, names))
    assert {"grad \N{MINUS SIGN}2", "grad 4", "grad 2", "grad 1"} <= set(written)
    assert not any("grad" in word for word in words(draw_graph(loss, names, gradients=False)))


def test_a_single_tensor_can_be_drawn():
    assert words(draw_graph(Tensor(3.0), {})) == ["3"]


def test_drawing_leaves_the_tensors_as_they_were():
    loss, names = small_graph()
    draw_graph(loss, names)
    loss.backward()
    assert names["a"].grad == -2


def test_a_graph_of_25_tensors_stays_small():
    x = Tensor(0.5, requires_grad=True)
    out = x
    for _ in range(8):
        out = (out * x + 1.0).tanh()
    assert len(graph_of(out, None).tensors) >= 25
    assert len(bundle(draw_graph(out), "a chain")["text/html"]) < 100_000


# -- where it stands --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_boxes_do_not_overlap_and_stand_right_of_their_inputs(seed):
    sizes, edges = random_graph(seed, boxes=2 + seed % 24)
    layout = arrange(sizes, edges)
    boxes = list(zip(layout.centers, sizes, strict=True))
    for ((x, y), (w, h)), ((u, v), (s, t)) in itertools.combinations(boxes, 2):
        assert abs(x - u) >= (w + s) / 2 or abs(y - v) >= (h + t) / 2
    for start, end in edges:
        (x, _), (w, _) = boxes[start]
        (u, _), (s, _) = boxes[end]
        assert x + w / 2 < u - s / 2


@pytest.mark.parametrize("seed", range(30))
def test_arrows_pass_between_boxes_and_everything_is_inside_the_picture(seed):
    sizes, edges = random_graph(seed, boxes=2 + seed % 24)
    layout = arrange(sizes, edges)
    boxes = list(zip(layout.centers, sizes, strict=True))
    for route in layout.routes:
        for (x, y), ((u, v), (w, h)) in itertools.product(route[1:-1], boxes):
            assert abs(x - u) > w / 2 or abs(y - v) >= h / 2
    points = [point for route in layout.routes for point in route]
    points += [(x + w / 2, y + h / 2) for (x, y), (w, h) in boxes]
    points += [(x - w / 2, y - h / 2) for (x, y), (w, h) in boxes]
    for x, y in points:
        assert -1e-9 <= x <= layout.width + 1e-9
        assert -1e-9 <= y <= layout.height + 1e-9


def test_arrows_do_not_cross_where_they_need_not():
    box = (1.0, 0.5)
    crossed_if_kept_in_order = [(0, 5), (1, 4), (2, 5), (3, 4), (4, 6), (5, 6)]
    layout = arrange([box] * 7, crossed_if_kept_in_order)
    heights = [y for _, y in layout.centers]
    above = heights[5] > heights[4]
    assert (min(heights[0], heights[2]) > max(heights[1], heights[3])) == above
    assert (max(heights[0], heights[2]) < min(heights[1], heights[3])) != above


def test_a_chain_is_level():
    layout = arrange([(1.0, 0.5), (1.0, 1.0), (1.0, 0.4)], [(0, 1), (1, 2)])
    assert len({round(y, 9) for _, y in layout.centers}) == 1


def test_two_arrows_between_the_same_boxes_are_apart():
    layout = arrange([(1.0, 0.5), (1.0, 0.5)], [(0, 1), (0, 1)])
    (one, other) = layout.routes
    assert one[0] != other[0]
    assert one[-1] != other[-1]


def test_a_box_has_room_for_every_line_of_its_gradient():
    w = Tensor(np.ones((3, 1), np.float32), requires_grad=True)
    x = Tensor(np.ones((2, 3), np.float32))
    out = (x @ w).sum()
    before = draw_graph(out).get_size_inches()[1]
    out.backward(keep_graph=True)
    assert draw_graph(out).get_size_inches()[1] > before + 2 * 0.16
