"""Any text at all is read, or refused with problems that lie inside of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from airstrip.errors import SpecError
from airstrip.spec.document import parse_document
from airstrip.spec.source import Source

YAML_TEXT = st.text(alphabet="ab:1.{}[]-&*<!|>'\"#?, \n\t", max_size=60)


@settings(max_examples=300, deadline=None)
@given(YAML_TEXT)
def test_no_text_crashes_the_reader(text: str) -> None:
    source = Source("f", text)
    try:
        problems = parse_document(source).problems
    except SpecError as error:
        problems = list(error.problems)
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1
