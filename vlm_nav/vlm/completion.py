"""Guards for what comes with status 200: the text of an answer, or a typed error."""

from __future__ import annotations

from typing import Any

from openai.types.chat import ChatCompletion

from vlm_nav.vlm.endpoint_errors import LONGEST_WORDS, scrubbed
from vlm_nav.vlm.errors import RefusedInWords, UnusableAnswer
from vlm_nav.vlm.question import SentQuestion, TokenUse

_MOST_TOKENS = 10**9


def answer_text(completion: Any, where: str, sent: SentQuestion, secret: str) -> str:
    """Return the text of the first choice.

    The `openai` package hands on whatever a server says: a page of HTML as `str`, an object
    without choices, a message without content. Each raises `UnusableAnswer` here; a refusal
    and a content filter raise `RefusedInWords`. Each carries the tokens that it cost. `where`
    begins the messages, `secret` is kept out of them.
    """
    tokens = tokens_of(completion)

    def unusable(what: str) -> UnusableAnswer:
        return UnusableAnswer(f'{where}: {what}', sent=sent, tokens=tokens)

    def excerpt(value: Any) -> str:
        # A key that was cut first would not be found any more.
        return f'{type(value).__name__} {scrubbed(str(value), secret)[:LONGEST_WORDS]!r}'

    if not isinstance(completion, ChatCompletion):
        raise unusable(f'wanted a completion, came {excerpt(completion)}')
    choices: Any = completion.choices
    if not isinstance(choices, list) or not choices:
        error = (completion.model_extra or {}).get('error')
        said = f'; the endpoint says {excerpt(error)}' if error else ''
        raise unusable(f'wanted one choice, came {excerpt(choices)}{said}')
    message = getattr(choices[0], 'message', None)
    finish = getattr(choices[0], 'finish_reason', None)
    text = _text_of(getattr(message, 'content', None))
    refusal = _refusal_in(message)
    if (refusal and not text) or finish == 'content_filter':
        why = refusal or 'the content filter ended the answer'
        words = scrubbed(f'{where}: refused: {why}', secret)
        raise RefusedInWords(words, raw_text=scrubbed(text, secret), sent=sent, tokens=tokens)
    if not text:
        raise unusable(f'an empty answer, finish_reason {finish!r}{_thoughts_in(message)}')
    return text


def tokens_of(completion: Any) -> TokenUse:
    """Return the tokens that the endpoint counted, zero where it did not or says nonsense.

    Gemini counts what it thought in the total alone, and has it paid for like an answer.
    """
    usage = getattr(completion, 'usage', None)
    counts = [getattr(usage, f'{name}_tokens', 0) for name in ('prompt', 'completion', 'total')]
    prompt, answer, total = (
        count if isinstance(count, int) and 0 <= count <= _MOST_TOKENS else 0 for count in counts
    )
    # Without a count of the question, the total says nothing of the answer.
    return TokenUse(prompt=prompt, completion=max(answer, total - prompt if prompt else 0))


def _text_of(content: Any) -> str:
    """Return the content as text that can be written down; some servers send it in parts."""
    if isinstance(content, list):
        parts = [part.get('text') if isinstance(part, dict) else part for part in content]
        content = ''.join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str) or not content.strip():
        return ''
    return content.encode('utf-8', 'replace').decode('utf-8')


def _refusal_in(message: Any) -> Any:
    """Return the refusal in words; LiteLLM's gateway hands it on among the provider's own."""
    extra = getattr(message, 'model_extra', None) or {}
    own = extra.get('provider_specific_fields')
    passed_on = own.get('refusal') if isinstance(own, dict) else None
    return getattr(message, 'refusal', None) or passed_on


def _thoughts_in(message: Any) -> str:
    extra = getattr(message, 'model_extra', None) or {}
    thoughts = extra.get('reasoning_content') or extra.get('reasoning')
    return '; it only thought, perhaps max_tokens is too small' if thoughts else ''
