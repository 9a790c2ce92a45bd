"""The tables as PostgreSQL would get them: compiled here, run where a server stands."""

from sqlalchemy import make_url
from sqlalchemy.schema import CreateTable

from saccade.stores import tables

POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()


def test_a_decision_already_there_is_left_alone() -> None:
    insert = tables.insert_once(tables.decisions, "postgresql").compile(dialect=POSTGRESQL)
    assert str(insert).endswith("ON CONFLICT DO NOTHING")


def test_rows_are_numbered_as_they_come() -> None:
    made = CreateTable(tables.exposures, if_not_exists=True).compile(dialect=POSTGRESQL)
    assert "sequence BIGSERIAL NOT NULL" in str(made)
