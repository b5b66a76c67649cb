"""The body of a chat.completions request, checked as strictly as OpenAI does."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vlm_nav.core.errors import VlmNavError


class BadRequestError(VlmNavError):
    """A request that OpenAI would answer with status 400; `param` names what is wrong."""

    def __init__(self, message: str, param: str | None = None) -> None:
        """Keep the words and the place for the answer."""
        super().__init__(message)
        self.param = param


class _Strict(BaseModel):
    model_config = ConfigDict(extra='forbid', frozen=True, strict=True)


class TextPart(_Strict):
    """Words in a message."""

    type: Literal['text']
    text: str


class ImageUrl(_Strict):
    """Where a picture is; only data URLs are served here."""

    url: str
    detail: Literal['low', 'high', 'auto'] = 'auto'


class ImagePart(_Strict):
    """A picture in a message."""

    type: Literal['image_url']
    image_url: ImageUrl


Part = Annotated[TextPart | ImagePart, Field(discriminator='type')]


class Message(_Strict):
    """One message; only the user's may hold pictures."""

    role: Literal['system', 'developer', 'user', 'assistant']
    content: str | list[Part]
    name: str | None = None

    @property
    def parts(self) -> list[TextPart | ImagePart]:
        """Return the content in parts."""
        if isinstance(self.content, str):
            return [TextPart(type='text', text=self.content)]
        return self.content

    @model_validator(mode='after')
    def _pictures_come_from_the_user(self) -> Message:
        if self.role != 'user' and any(isinstance(part, ImagePart) for part in self.parts):
            raise ValueError(f'image_url is only allowed for role user, got {self.role}')
        return self


class JsonSchema(_Strict):
    """A named schema; in strict form everything is required and nothing else allowed."""

    name: str = Field(pattern=r'^[A-Za-z0-9_-]{1,64}$')
    schema_: dict[str, Any] = Field(alias='schema')
    strict: bool | None = None
    description: str | None = None

    @model_validator(mode='after')
    def _strict_form(self) -> JsonSchema:
        schema = self.schema_
        if self.strict and schema.get('additionalProperties') is not False:
            raise ValueError('additionalProperties is required to be supplied and to be false')
        if self.strict and set(schema.get('required', ())) != set(schema.get('properties', {})):
            raise ValueError('required is required to include every key in properties')
        return self


class PlainFormat(_Strict):
    """Free text or any JSON object."""

    type: Literal['text', 'json_object']


class SchemaFormat(_Strict):
    """JSON that follows a schema."""

    type: Literal['json_schema']
    json_schema: JsonSchema


class ChatRequest(_Strict):
    """What this double takes of a chat.completions request."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    response_format: Annotated[PlainFormat | SchemaFormat, Field(discriminator='type')] | None = (
        None
    )
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    top_p: float | None = Field(default=None, ge=0.0, le=1.0)
    seed: int | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    n: Literal[1] | None = None
    stream: Literal[False] | None = None
    user: str | None = None

    @property
    def text(self) -> str:
        """Return all words of all messages."""
        texts = (part.text for part in self._parts() if isinstance(part, TextPart))
        return '\n'.join(texts)

    @property
    def picture_urls(self) -> list[str]:
        """Return where the pictures are, in order."""
        return [part.image_url.url for part in self._parts() if isinstance(part, ImagePart)]

    def _parts(self) -> list[TextPart | ImagePart]:
        return [part for message in self.messages for part in message.parts]


def chat_request(body: bytes) -> ChatRequest:
    """Return the request in `body`; raises BadRequestError naming what is wrong."""
    try:
        return ChatRequest.model_validate(json.loads(body))
    except ValidationError as error:
        # Where several forms are allowed, the one that fits furthest tells the most.
        worst = max(error.errors(include_url=False), key=lambda problem: len(problem['loc']))
        place = '.'.join(str(step) for step in worst['loc'])
        raise BadRequestError(f'{place or "body"}: {worst["msg"]}', place or None) from None
    except ValueError as error:
        raise BadRequestError(f'the body could not be parsed as JSON: {error}') from None
