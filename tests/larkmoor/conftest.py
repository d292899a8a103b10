"""The town of seed 0 and its small corpus, made once for all tests here."""

import pytest

from larkmoor import Record, World, documents, world


@pytest.fixture(scope="session")
def town() -> World:
    return world(0)


@pytest.fixture(scope="session")
def corpus(town: World) -> list[Record]:
    return list(documents(town, "small"))


@pytest.fixture(scope="session")
def dialogues(corpus: list[Record]) -> list[Record]:
    return [record for record in corpus if record.messages]


@pytest.fixture(scope="session")
def statements(corpus: list[Record]) -> list[Record]:
    return [record for record in corpus if not record.messages]
