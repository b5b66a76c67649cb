"""The published schema is that of the code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from missions import carried_out

from vlm_nav.records.schema import FORMAT_VERSION, record_schema, schema_text

PUBLISHED = Path(__file__).resolve().parents[2] / 'docs' / 'record.schema.json'


def test_the_published_schema_is_current() -> None:
    remedy = 'python -m vlm_nav.records.schema docs/record.schema.json writes it anew'
    assert json.loads(PUBLISHED.read_text(encoding='utf-8')) == json.loads(schema_text()), remedy


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(record_schema())


def test_every_part_and_every_unit_is_explained() -> None:
    schema = record_schema()
    unexplained = [
        name for name, part in schema['$defs'].items()
        if name.endswith('Part') and not part.get('description')
    ]  # fmt: skip
    assert unexplained == []


@pytest.mark.parametrize('spoil', ['format_version', 'identifier', 'looks', 'decision'])
def test_a_record_that_lacks_a_part_breaks_the_schema(records: Path, spoil: str) -> None:
    carried_out(records)
    content = json.loads((records / 'a_record' / 'decision.json').read_bytes())
    assert content['format_version'] == FORMAT_VERSION
    del content[spoil]
    with pytest.raises(jsonschema.ValidationError, match=spoil):
        jsonschema.validate(content, record_schema())
