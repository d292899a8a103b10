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
    return {"token": int(given[0]), "kept": bool(given[1]), "next number": rng.random()}


guessing.check("many tokens", cases=many_tokens)(decided)
guessing.check("tokens that never come", cases=impossible_tokens)(decided)
guessing.check("the same probabilities", cases=of_one_opinion)(decided)

guessing.slip(
    "draws_from_p",
    "A guess that is refused is replaced by a token drawn from `p` as a whole. Tokens that the "
    "draft likes have had their chance already and would come too often: draw from what `p` has "
    "more than `q`.",
    ("np.maximum(p - q, 0)", "p"),
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
    ("ngram.draw(more, rng.random())", "int(more.argmax()) + 0 * int(rng.random())"),
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
