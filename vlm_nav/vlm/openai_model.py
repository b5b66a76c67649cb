"""The model behind any OpenAI-compatible chat.completions endpoint."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.waiting import DeadlinePassedError, Turns, done_by
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.vlm.errors import ModelRefused, NothingSent
from vlm_nav.vlm.openai_endpoint import OpenAiEndpoint, Reply
from vlm_nav.vlm.openai_settings import OpenAiSettings
from vlm_nav.vlm.picture_encoding import encode_picture
from vlm_nav.vlm.question import Answer, Purpose, Question, SentPicture, SentQuestion
from vlm_nav.vlm.reading import read_answer
from vlm_nav.vlm.view_sheet import sheet_of
from vlm_nav.vlm.wording import captions, wording

__all__ = ['OpenAiModel', 'OpenAiSettings']

_SPEAKING = 'You look at pictures from a robot and answer briefly.'


class OpenAiModel:
    """Asks a vision-language model over HTTP, within the deadline and with own retries.

    One instance may be asked several times at once, in one event loop; see `OpenAiEndpoint`.
    """

    def __init__(self, settings: OpenAiSettings, *, rng: random.Random | None = None) -> None:
        """Keep the settings; `rng` spreads the pauses between attempts."""
        self.settings = settings
        self.endpoint = OpenAiEndpoint(settings, rng=rng or random.Random(0))
        self._preparing = Turns(1)

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        """Return the checked answer to `question` before `deadline`.

        Raises `ModelLate` when the deadline passes, `ModelRefused` for a missing or wrong key,
        a refused request, spent quota or a refusal in words, `ModelUnreachable` when no attempt
        got through, `UnusableAnswer` for everything that came and cannot be read. Each carries
        what was sent. Cancelling closes the request.
        """
        started_s = time.monotonic()
        sent = await self._prepared(question, deadline)
        self._check_number(sent)
        reply = await self.endpoint.reply(sent, deadline)
        return read_answer(
            question,
            reply.text,
            latency_s=time.monotonic() - started_s,
            tokens=reply.tokens,
            sent=sent,
            truncated=reply.truncated,
        )

    async def converse(
        self, words: str, pictures: Sequence[SentPicture], deadline: Deadline
    ) -> Reply:
        """Return what comes to words of anybody's own and to pictures that are `encoded`.

        The answer is any text, and is not checked. Raises as `ask` does.
        """
        sent = SentQuestion(self.settings.model, _SPEAKING, words, tuple(pictures))
        self._check_number(sent)
        return await self.endpoint.reply(sent, deadline, in_words=True)

    def encoded(self, picture: MarkedPicture) -> SentPicture:
        """Return the picture as it leaves for this model."""
        return encode_picture(
            picture,
            max_side_px=self.settings.max_image_side_px,
            jpeg_quality=self.settings.jpeg_quality,
            max_kb=self.settings.max_picture_kb,
        )

    async def aclose(self) -> None:
        """Close the connections; a later question opens new ones."""
        await self.endpoint.aclose()

    async def _prepared(self, question: Question, deadline: Deadline) -> SentQuestion:
        """Return what is sent, made in a thread: pictures take milliseconds, and the loop is busy.

        One at a time: several threads would keep the loop from its turn.
        """

        async def in_thread() -> SentQuestion:
            async with self._preparing:
                return await in_own_thread(self._sent, question)

        try:
            return await done_by(deadline, in_thread())
        except DeadlinePassedError:
            where = f'{self.settings.endpoint()}, model {self.settings.model!r}'
            raise NothingSent(f'{where}: the deadline passed before anything was sent') from None

    def _sent(self, question: Question) -> SentQuestion:
        on_sheet = self._on_sheet(question)
        words = wording(question, on_sheet=on_sheet)
        shown = self._with_sheet(question) if on_sheet else question
        said = captions(question, on_sheet=on_sheet)
        pictures = tuple(
            replace(self.encoded(picture), caption=caption)
            for picture, caption in zip(shown.pictures, said, strict=True)
        )
        asks_seen = question.purpose is Purpose.VIEW
        return SentQuestion(self.settings.model, words.system, words.text, pictures, asks_seen)

    def _on_sheet(self, question: Question) -> bool:
        """Return whether the views to choose from go as one picture."""
        if question.purpose is not Purpose.VIEW or len(question.labels) < 2:
            return False
        most = self.settings.max_pictures
        too_many = most is not None and len(question.pictures) > most
        return too_many or self.settings.views == 'sheet'

    def _with_sheet(self, question: Question) -> Question:
        """Return the question with all views to choose from on one picture, before the others."""
        views = [picture for picture in question.pictures if picture.marks]
        others = [picture for picture in question.pictures if not picture.marks]
        sheet = sheet_of(views, self.settings.max_image_side_px)
        return replace(question, pictures=(sheet, *others))

    def _check_number(self, sent: SentQuestion) -> None:
        shown, most = len(sent.pictures), self.settings.max_pictures
        if most is not None and shown > most:
            raise ModelRefused(
                f'{self.settings.endpoint()}, model {sent.model!r}: the question shows {shown} '
                f'pictures, max_pictures is {most}',
                sent=sent,
            )
