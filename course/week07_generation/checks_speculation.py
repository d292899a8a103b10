"""Week 7, guesses kept or replaced: what an answer must do, and the mistakes it must catch."""

import numpy as np

from coursekit.checking import Checks, Complaint
from minitorch import ngram, speculative

guessing = Checks("speculative.keep_or_replace")


def _case(rng, p, q, guess=None):
    p, q = np.asarray(p, float), np.asarray(q, float)
    guess = int(rng.choice(len(q), p=q / q.sum())) if guess is None else guess
    return {"p": p, "q": q, "guess": guess, "seed": int(rng.integers(1 << 30))}


def two_tokens(rng):
    for guess in (0, 1, 0, 1, 0, 1, 0, 1):
        yield _case(rng, [0.75, 0.25], [0.25, 0.75], guess)


def many_tokens(rng):
    for size in (4, 9, 4, 9, 4, 9, 4, 9, 4, 9):
        yield _case(rng, rng.dirichlet(np.ones(size)), rng.dirichlet(np.ones(size)))


def impossible_tokens(rng):
    for _ in range(4):
        yield _case(rng, [0.5, 0.5, 0.0], [0.0, 0.5, 0.5], 2)
        yield _case(rng, [0.0, 0.5, 0.5], [0.5, 0.25, 0.25], 0)


def a_rest_of_three(rng):
    # The second number of each of these seeds tells the rest p - q from others like it.
    p, q = np.array([0.5, 0.4, 0.1, 0.0]), np.array([0.1, 0.35, 0.05, 0.5])
    for seed in (4, 5, 6, 7):
        yield {"p": p, "q": q, "guess": 3, "seed": seed}


def nothing_left_over(rng):
    # What rounding does by a hair, made so large that a guess is refused: p is nowhere above q.
    for seed in (0, 4, 7):
        p, q = np.array([0.5, 0.25, 0.0]), np.array([0.5, 0.5, 0.0])
        yield {"p": p, "q": q, "guess": 1, "seed": seed}


def of_one_opinion(rng):
    for _ in range(4):
        p = rng.dirichlet(np.ones(5))
        yield _case(rng, p, p)


@guessing.check("two tokens", cases=two_tokens)
def decided(p, q, guess, seed):
    rng = np.random.default_rng(seed)
    given = speculative.keep_or_replace(p, q, guess, rng)
    if not isinstance(given, tuple) or len(given) != 2:
        raise Complaint("It should return a token, and whether it is the guess that was kept.")
    numbers, following = np.random.default_rng(seed).random(6).tolist(), rng.random()
    taken = numbers.index(following) if following in numbers else "others than rng.random() gives"
    return {"token": int(given[0]), "kept": bool(given[1]), "numbers taken from rng": taken}


guessing.check("many tokens", cases=many_tokens)(decided)
guessing.check("tokens that never come", cases=impossible_tokens)(decided)
guessing.check("the same probabilities", cases=of_one_opinion)(decided)
guessing.check("what a refused guess is replaced by", cases=a_rest_of_three)(decided)
guessing.check("refused, and nothing is left over", cases=nothing_left_over)(decided)

guessing.slip(
    "draws_from_p",
    "A guess that is refused is replaced by a token drawn from `p` as a whole. Tokens that the "
    "draft likes have had their chance already and would come too often: draw from what `p` has "
    "more than `q`.",
    ("np.maximum(p - q, 0)", "p"),
)
guessing.slip(
    "draws_from_p_where_it_is_larger",
    "The replacement is drawn from among the right tokens, but with their probabilities in `p`. "
    "How much `p` has more than `q` is what counts: the difference.",
    ("np.maximum(p - q, 0)", "np.where(p > q, p, 0)"),
)
guessing.slip(
    "draws_evenly",
    "The replacement is drawn from among the right tokens, but all with the same probability. How "
    "much `p` has more than `q` is what counts: the difference.",
    ("np.maximum(p - q, 0)", "(p > q).astype(float)"),
)
guessing.slip(
    "nothing_to_draw_from",
    "Where `p` is nowhere above `q`, nothing is left over to draw from, and the token that comes "
    "out does not exist. Draw from `p` then.",
    ("if not more.any():", "if more.any() is None:"),
)
guessing.slip(
    "one_number_for_both",
    "One number from `rng` decides twice: whether the guess is kept, and what replaces it. Take a "
    "new one for the replacement; a number that refused the guess is never a small one.",
    ("if rng.random() * q[guess]", "u = rng.random()\n    if u * q[guess]"),
    ("ngram.draw(more, rng.random())", "ngram.draw(more, u)"),
)
guessing.slip(
    "the_wrong_ratio",
    "The ratio is upside down: keep the guess with probability p / q.",
    ("rng.random() * q[guess] < p[guess]", "rng.random() * p[guess] < q[guess]"),
)
guessing.slip(
    "the_wrong_rest",
    "You replace the guess by what `q` has more than `p`: those tokens come too often as it is.",
    ("np.maximum(p - q, 0)", "np.maximum(q - p, 0)"),
)
guessing.slip(
    "always_keeps",
    "The guess is always kept, so what comes out has the probabilities of the small model.",
    ("rng.random() * q[guess] < p[guess]", "rng.random() >= 0"),
)
guessing.slip(
    "keeps_by_p_alone",
    "The guess is kept with its probability in `p`. It was drawn from `q` before: keep it with "
    "probability p / q.",
    ("rng.random() * q[guess] < p[guess]", "rng.random() < p[guess]"),
)
guessing.slip(
    "keeps_the_likelier",
    "You keep the guess wherever `p` is at least `q`, and refuse it everywhere else. Where `p` is "
    "smaller it is a matter of chance, so that the probabilities come out right.",
    ("rng.random() * q[guess] < p[guess]", "rng.random() >= 0 and q[guess] <= p[guess]"),
)
guessing.slip(
    "says_the_opposite",
    "The token is right, but whether the guess was kept is not.",
    ("return guess, True", "return guess, False"),
    ("rng.random()), False", "rng.random()), True"),
)
guessing.slip(
    "takes_the_largest_rest",
    "You take the token that `p` prefers most. The replacement is drawn by chance, from `p - q` "
    "where that is above 0.",
    ("ngram.draw(more, rng.random())", "int(more.argmax())"),
)


@guessing.alternative
def by_a_ratio(p, q, guess, rng):
    if rng.random() < min(1.0, p[guess] / q[guess]):
        return guess, True
    rest = np.where(p > q, p - q, 0.0)
    rest = rest / rest.sum() if rest.any() else p
    return ngram.draw(rest, rng.random()), False


guessing.equivalent(
    "if rng.random() * q[guess] < p[guess]: -> if rng.random() * q[guess] <= p[guess]:",
    because="a random number falls on the limit itself practically never",
)
