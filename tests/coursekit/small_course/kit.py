"""A session that accepts every answer: the builder's tests need no judge."""


def exercise(name):
    return lambda function: function


def check(name):
    print(f"Exercise, `{name}`: accepted")


def figure(shift=0.0, alt="A line."):
    from IPython.display import display

    drawing = f'<svg width="9" height="9"><path id="p" d="M 0 {shift} L 9 9"/></svg>'
    metadata = {"image/svg+xml": {"alt": alt}} if alt else {}
    display({"image/svg+xml": drawing, "text/plain": alt}, raw=True, metadata=metadata)
