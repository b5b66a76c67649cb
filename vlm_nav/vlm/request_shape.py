"""How a request is formed: what an endpoint turned out not to take is left out from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from vlm_nav.vlm.answer_schema import SCHEMA_NAME, strict_schema

ResponseFormat: TypeAlias = Literal['json_schema', 'json_object', 'text']

_NEXT_FORMAT: dict[ResponseFormat, ResponseFormat] = {
    'json_schema': 'json_object',
    'json_object': 'text',
}
_FORMAT_WORDS = ('response_format', 'json_schema', 'json_object', 'structured output', 'grammar')
_DROPPABLE = ('temperature', 'seed', 'max_tokens')


@dataclass(frozen=True)
class RequestShape:
    """The response format in use and the optional arguments that the endpoint refused."""

    response_format: ResponseFormat
    without: frozenset[str] = frozenset()

    def arguments(self, options: dict[str, float | int | None]) -> dict[str, Any]:
        """Return the keyword arguments for `options` (None means not set) in this shape.

        A refused `max_tokens` goes under its newer name, `max_completion_tokens`.
        """
        taken: dict[str, Any] = {
            name: value
            for name, value in options.items()
            if value is not None and name not in self.without
        }
        limit = options.get('max_tokens')
        if limit is not None and 'max_tokens' in self.without:
            taken['extra_body'] = {'max_completion_tokens': limit}
        form = _form(self.response_format)
        return {**taken, 'response_format': form} if form else taken

    def after_refusal(self, complaint: str, sent: dict[str, Any]) -> RequestShape | None:
        """Return the next shape to try after a refusal that names what was sent, else None."""
        complaint = complaint.lower()
        following = _NEXT_FORMAT.get(self.response_format)
        if following is not None and any(word in complaint for word in _FORMAT_WORDS):
            return replace(self, response_format=following)
        for name in _DROPPABLE:
            if name in sent and name in complaint:
                return replace(self, without=self.without | {name})
        return None


def _form(response_format: ResponseFormat) -> dict[str, Any] | None:
    if response_format == 'json_schema':
        schema = {'name': SCHEMA_NAME, 'strict': True, 'schema': strict_schema()}
        return {'type': 'json_schema', 'json_schema': schema}
    return {'type': 'json_object'} if response_format == 'json_object' else None
