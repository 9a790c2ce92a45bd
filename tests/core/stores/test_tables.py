"""The tables as PostgreSQL would get them: compiled here, run where a server stands."""

import pytest
from sqlalchemy import Table, create_engine, make_url
from sqlalchemy.schema import CreateTable

from saccade.stores import tables

POSTGRESQL = make_url("postgresql+psycopg://").get_dialect()()


def test_a_decision_already_there_is_left_alone() -> None:
    insert = tables.insertion(tables.decisions, POSTGRESQL)
    assert str(insert).endswith("ON CONFLICT DO NOTHING")


@pytest.mark.parametrize("table", tables.metadata.sorted_tables, ids=str)
def test_values_stand_in_the_order_of_the_columns(table: Table) -> None:
    statement = tables.insertion(table, create_engine("sqlite://").dialect)
    assert statement.positional
    named = str(statement).partition("(")[2].partition(")")[0].split(", ")
    assert named == [column.name for column in table.columns if column.name != "sequence"]


def test_rows_are_numbered_as_they_come() -> None:
    made = CreateTable(tables.exposures, if_not_exists=True).compile(dialect=POSTGRESQL)
    assert "sequence BIGSERIAL NOT NULL" in str(made)
