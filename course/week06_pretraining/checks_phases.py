"""Week 6, phases and their rates: what an answer must do, and the mistakes it must catch."""

from coursekit.checking import Checks, Complaint
from minitorch import curriculum
from minitorch.curriculum import Phase

phases = Checks("curriculum.phase_at")
rates = Checks("curriculum.learning_rate")


# -- phase_at ----------------------------------------------------------------------------------


def steps_of_one_phase(rng):
    for step in (1, 3, 4):
        yield {"step": step, "lengths": [4]}


def steps_of_several_phases(rng):
    for step in (2, 10, 11, 12, 15):
        yield {"step": step, "lengths": [10, 5]}
    lengths = [int(n) for n in rng.integers(1, 6, 4)]
    for step in range(1, sum(lengths) + 1, 2):
        yield {"step": step, "lengths": lengths}


def short_phases(rng):
    for step in (1, 2, 3):
        yield {"step": step, "lengths": [1, 1, 1]}
    for step in (1, 3, 4):
        yield {"step": step, "lengths": [0, 3, 0, 2]}


def steps_outside(rng):
    for step in (0, -1, -4, 16, 99):
        yield {"step": step, "lengths": [10, 5]}
    yield {"step": 1, "lengths": []}


def _phase(step, lengths):
    found = curriculum.phase_at(step, lengths)
    if found is None:
        raise Complaint("It returned nothing (None): does every way reach `return` or `raise`?")
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Complaint("Two numbers are expected: the phase's, and the step's within it.")
    return [int(number) for number in found]


phases.check("a single phase", cases=steps_of_one_phase)(_phase)
phases.check("several phases", cases=steps_of_several_phases)(_phase)
phases.check("phases of one step, and of none", cases=short_phases)(_phase)


@phases.check("steps that do not exist", cases=steps_outside)
def _(step, lengths):
    try:
        return f"the phase {_phase(step, lengths)}"
    except ValueError:
        return "a ValueError"
    except IndexError:
        return "an IndexError"


phases.slip(
    "phase_ends_too_early",
    "A phase's last step is counted to the next one: with lengths 10 and 5, step 10 is the tenth "
    "of the first phase. Steps count from 1, so a phase has the steps 1 to its length.",
    ("if within <= length:", "if within < length:"),
)
phases.slip(
    "phase_counts_steps_from_zero",
    "You count the steps of a phase from 0; they count from 1.",
    ("return number, within", "return number, within - 1"),
)
phases.slip(
    "phase_numbers_from_one",
    "The phases count from 0, as places in a list do; yours count from 1.",
    ("enumerate(lengths)", "enumerate(lengths, 1)"),
)
phases.slip(
    "phase_with_the_step_of_the_whole",
    "The phase is right. The second number should be the step within that phase; you return the "
    "step of the whole training.",
    ("return number, within", "return number, step"),
)
phases.slip(
    "phase_forgets_earlier_ones",
    "Each phase is compared with the step of the whole training, as if it began at 0: take the "
    "lengths of the phases before it off.",
    ("        within -= length\n", ""),
)
phases.slip(
    "phase_for_steps_below_one",
    "There is no step 0 and none below: raise a ValueError. A loop that begins at 0 would "
    "otherwise train one step too many, and nobody would notice.",
    ("if step < 1:", "if False:"),
)
phases.slip(
    "phase_zero_is_let_in",
    "Step 0 is let through: the first step is 1.",
    ("if step < 1:", "if step < 0:"),
)


@phases.wrong
def phase_stays_the_last(step, lengths):
    """After the last phase you stay in it. There is nothing to be trained there: raise a
    ValueError."""
    if step < 1 or not lengths:
        raise ValueError(step)
    within = step
    for number, length in enumerate(lengths):
        if within <= length or number == len(lengths) - 1:
            return number, within
        within -= length


@phases.wrong
def phase_of_equal_lengths(step, lengths):
    """You divide by the length of the first phase. The others may be longer or shorter."""
    if not 1 <= step <= sum(lengths):
        raise ValueError(step)
    number, within = divmod(step - 1, max(lengths[0], 1))
    return number, within + 1


phases.equivalent(
    "raise ValueError(f'step {step} comes after the last phase, which ends at {sum(lengths)}') -> "
    "raise ValueError(f'step {step} comes after the last phase, which ends at {lengths}')",
    because="the words of an error are the answer's own",
)


@phases.alternative
def phase_by_ends(step, lengths):
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    for number, end in enumerate(ends):
        if step >= 1 and step <= end:
            return number, step - (end - lengths[number])
    raise ValueError(f"no step {step}")


# -- learning_rate -----------------------------------------------------------------------------


def one_schedule(rng):
    plan = [{"steps": 10, "lr": 0.5, "warmup": 4, "floor": 0.1}]
    for step in (1, 4, 5, 10):
        yield {"step": step, "plan": plan}


def phases_that_go_on(rng):
    plan = [{"steps": 6, "lr": 0.5, "warmup": 3}, {"steps": 5}, {"steps": 4}]
    for step in (1, 3, 6, 7, 11, 12, 15):
        yield {"step": step, "plan": plan}


def schedules_behind_each_other(rng):
    plan = [
        {"steps": 6, "lr": 0.5, "warmup": 3, "floor": 0.2},
        {"steps": 4, "lr": 0.05, "warmup": 2, "floor": 0.01},
    ]
    for step in (2, 6, 7, 8, 10):
        yield {"step": step, "plan": plan}


def mixed_schedules(rng):
    steps = [int(n) for n in rng.integers(2, 7, 5)]
    plan = [
        {"steps": steps[0], "lr": 1.0, "warmup": 2},
        {"steps": steps[1], "warmup": 1, "floor": 0.9},
        {"steps": steps[2], "lr": 0.3, "floor": 0.1},
        {"steps": steps[3]},
        {"steps": steps[4], "lr": 0.1, "warmup": 1},
    ]
    for step in range(1, sum(steps) + 1, 2):
        yield {"step": step, "plan": plan}


def a_rate_of_zero(rng):
    plan = [{"steps": 4, "lr": 0.5}, {"steps": 3, "lr": 0.0}, {"steps": 3}]
    for step in (4, 5, 6, 9):
        yield {"step": step, "plan": plan}


def _rate(step, plan):
    made = [Phase(f"phase {number}", **entry) for number, entry in enumerate(plan)]
    found = curriculum.learning_rate(step, made)
    if found is None:
        raise Complaint("It returned nothing (None): is a `return` missing?")
    return float(found)


rates.check("one phase", cases=one_schedule)(_rate)
rates.check("phases that go on with a schedule", cases=phases_that_go_on)(_rate)
rates.check("a schedule in each phase", cases=schedules_behind_each_other)(_rate)
rates.check("both", cases=mixed_schedules)(_rate)
rates.check("a rate of zero", cases=a_rate_of_zero)(_rate)

rates.slip(
    "rate_of_the_phase_alone",
    "A schedule ends with its phase, so a later phase without an `lr` finds nothing of it left. It "
    "reaches over all phases up to the next one with an `lr`: its total is the sum of their steps.",
    ("while last < len(phases) and phases[last].lr is None:", "while False:"),
)
rates.slip(
    "rate_counted_from_the_phase",
    "In a phase that goes on with a schedule you count the steps from the beginning of that phase, "
    "and warm up again. Count from the phase in which the schedule began.",
    ("before + within", "within"),
)
rates.slip(
    "rate_counted_from_the_training",
    "You count the steps from the beginning of the training. Each schedule has its own beginning: "
    "the phase that has its `lr`.",
    ("before + within", "step"),
)
rates.slip(
    "rate_of_the_whole_training",
    "The schedule's total is that of the whole training; it ends where the next phase with an `lr` "
    "begins.",
    ("for phase in phases[first:last])", "for phase in phases)"),
)
rates.slip(
    "rate_whose_total_begins_here",
    "The total counts the phases from this one on. It is the sum over all phases of the schedule, "
    "from the one in which it began.",
    ("for phase in phases[first:last])", "for phase in phases[number:last])"),
)
rates.slip(
    "rate_without_the_floor",
    "The schedule comes down to zero; give it the `floor` of the phase in which it began.",
    (", start.floor)", ")"),
)
rates.slip(
    "rate_without_warmup",
    "There is no warm-up: it is that of the phase in which the schedule began.",
    ("start.warmup", "0"),
)
rates.slip(
    "rate_with_the_settings_of_this_phase",
    "`warmup` and `floor` are read from the phase that the step lies in. They belong to the "
    "schedule: read them where its `lr` stands.",
    ("start.warmup, total, start.floor", "phases[number].warmup, total, phases[number].floor"),
)
rates.slip(
    "rate_of_zero_is_none",
    "An `lr` of 0.0 is taken for none at all: `if phase.lr` asks whether it is zero. Ask "
    "`is None`.",
    ("while phases[first].lr is None:", "while not phases[first].lr:"),
    ("and phases[last].lr is None:", "and not phases[last].lr:"),
)
rates.slip(
    "rate_that_is_constant",
    "The rate is the peak all the time; `optim.warmup_cosine` gives the rate at a step.",
    ("return optim.warmup_cosine(before + within, start.lr or 0.0, start.warmup, total, "
     "start.floor)", "return start.lr"),
)  # fmt: skip


@rates.wrong
def rate_from_one_phase_back(step, phases):
    """A phase without an `lr` takes the one of the phase before, and counts its own steps. The
    schedule may have begun several phases back: go on until there is an `lr`, and count its steps
    from there, over the steps of all its phases."""
    number, within = phase_at(step, [phase.steps for phase in phases])  # noqa: F821
    start = phases[number] if phases[number].lr is not None else phases[number - 1]
    return optim.warmup_cosine(  # noqa: F821
        within, start.lr or 0.0, start.warmup, start.steps, start.floor
    )


rates.equivalent(
    "return optim.warmup_cosine(before + within, start.lr or 0.0, start.warmup, total, start.floor)"
    " -> return optim.warmup_cosine(before + within, start.lr, start.warmup, total, start.floor)",
    because="the phase that was looked for is one with a rate; `or` is there for the types",
)


@rates.alternative
def rate_from_a_table(step, phases):
    found = []
    for number, phase in enumerate(phases):
        if phase.lr is None:
            continue
        total = phase.steps
        for later in phases[number + 1 :]:
            if later.lr is not None:
                break
            total += later.steps
        found += [
            optim.warmup_cosine(s, phase.lr, phase.warmup, total, phase.floor)  # noqa: F821
            for s in range(1, total + 1)
        ]
    if not 1 <= step <= len(found):
        raise ValueError(step)
    return found[step - 1]
