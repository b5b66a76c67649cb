"""The patterns by which choices are told from other numbers in English prose.

All of them run on text without decoration and long white space. What repeats without a bound
is held apart by separators, so that none can run away.
"""

from __future__ import annotations

import re

_MARK = (
    r'(?:arrows?|circles?|dis[ck]s?|dots?|marks?|markers?|labels?|label+ed|marked|numbers?'
    r'|numbered|options?|points?|candidates?|choices?|waypoints?|picks?|\#)'
)
_UNIT = (
    r'(?!\s?(?:m|cm|mm|km|met(?:er|re)s?|centimet(?:er|re)s?|feet|foot|ft|steps?|deg|degrees?'
    r'|px|pixels?|s|sec|seconds?|times|x|percent)\b)'
)
_NUMBER = r'(?<![\w.])[-\u2212+]?\d{1,9}(?!\w|\.\d|\s?[°%])' + _UNIT
# What may follow a number that no 'arrow' or 'circle' introduces; '3 chairs' is no choice.
_GOES_ON = (
    r'(?=\s?(?:\Z|[^\w\s]|\n|(?:and|or|then|because|since|as|for|which|that|it|is|are|would'
    r'|seems?|looks?|leads?|first|rather|instead|over|not|but|due|to|followed)\b))'
)
# One way to read each separator: two would double the ways with every number of a long row.
_AND = r'(?:\s?,\s?(?:(?:and|then|or)\s)?|\s?[;/&>]\s?|\s(?:and|then|or|followed by)\s)'
_THROUGH = rf'(?:\s?[-–—]\s?|\s(?:to|through)\s)\d{{1,9}}(?![\w.]){_UNIT}'
_MARKS = rf'(?<!\w){_MARK}(?:[ :("\[]{{0,3}}{_MARK}){{0,2}}[ :("\[]{{0,3}}'
_MORE = rf'(?:{_AND}(?:the\s)?(?:{_MARKS})?{_NUMBER}{_GOES_ON}){{0,24}}'
_ROW = rf'\#?{_NUMBER}(?:{_THROUGH}|{_MORE})'
_BARE_ROW = rf'\#?{_NUMBER}(?:{_THROUGH}|{_GOES_ON}{_MORE})'
_FILL = (
    r'(?:\s?(?:\b(?:the|my|is|are|would|be|with|for|to|towards?|a|both|of|following|as|i|best'
    r'|top|first|choice|answer|path|direction|will|most|suitable|one|ones)\b|[:=("\[→>])){0,7}\s?'
)
_CUE_WORDS = (
    r'choos(?:e|es|ing)|chose|chosen|pick(?:s|ed|ing)?|select(?:s|ed|ing|ion)?'
    r'|go(?:ing)? (?:with|for)|opt(?:ed|ing)? for|take|follow|prefer|recommend|suggest|propose'
    r'|vote for|favou?r|best|final|answer|choice|decision|so|therefore|thus|hence'
    r'|(?:go|head|move|drive|navigate|travel) (?:to|towards?|along|for)'
)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


ROW = _compiled(_NUMBER)
RANGE = _compiled(r'(\d{1,9})(?:\s?[-–—]\s?|\s(?:to|through)\s)(\d{1,9})')
# "Circles 1 and 3 overlap it": the plural vouches for the second number, whatever follows.
_MANY = (
    r'(?<!\w)(?:arrow|circle|dis[ck]|dot|mark|marker|label|number|option|point|candidate)s'
    r'[ :("\[]{0,3}'
)
MARKED_ROW = _compiled(
    rf'(?:{_MANY}(?P<many>\#?{_NUMBER}(?:{_AND}{_NUMBER}){{1,24}})|(?:{_MARKS})(?P<row>{_ROW}))'
)
WHOLE_ROW = _compiled(rf'[\W_]*(?:{_MARKS})?[(\[]?(?P<row>{_ROW})[)\]]?[.!]?')
SPACED_ROW = _compiled(r'(?P<row>#?-?\d{1,9}(?:[\s,;]{1,3}#?-?\d{1,9}){0,99})')
CUE = _compiled(rf'\b(?:{_CUE_WORDS})\b')
AFTER_CUE = _compiled(
    rf'{_FILL}(?:{_MARKS}(?:(?:is|are|would be|will be):? )?)?(?P<row>{_BARE_ROW})'
)
KEYED = _compiled(
    r'\b(?:points?|picks?|choices?|best|(?:final )?answers?|labels?|arrows?|circles?|dis[ck]s?'
    rf'|numbers?|selection|selected|final answer)"?\s?(?:[:=]|(?<=final answer))\s?'
    rf'(?:(?:{_MARKS})?[(\[]?(?P<row>{_BARE_ROW})|(?P<none>none\b|\[ ?\]))'
)
NOT_BUT = _compiled(
    rf'\bnot (?:{_MARKS})?{_ROW},? but (?:rather )?(?:{_MARKS})?(?P<row>{_BARE_ROW})'
)
RATHER_THAN = _compiled(
    rf'\s?(?:{_MARKS})?(?P<row>{_ROW}),? (?:rather than|instead of|not|over) (?:{_MARKS})?'
    rf'{_NUMBER}{_GOES_ON}'
)
IS_BEST = _compiled(
    rf'(?:{_MARKS}|^\s?)(?P<row>{_ROW}) (?:is|are|would be|seems?|looks?) (?:to be )?'
    r'(?:clearly |the |my )*(?:best|better|right|final|choice|answer|preferred|pick|selection'
    r'|closest|nearest|most suitable)\b'
)
NONE_FITS = _compiled(
    r'\bnone of (?:the|these|those|them|my) ?(?:numbered |drawn |marked |given |\d{1,3} )*'
    rf'(?:{_MARKS}(?:{_ROW})?)?[^.!?\n]{{0,40}}?\b(?:fits?|match(?:es)?|overlaps?|is|are|lies?'
    r'|leads?|covers?|show?s?|would|work|point|touch(?:es)?|contains?|seems?|looks?)\b'
    rf'|\bno (?:suitable |fitting |numbered |such )*{_MARK} (?:fits|match(?:es)?|overlaps|is|are'
    r'|lies|leads|covers|shows)\b'
)
STOP = _compiled(
    r'\b(?:not|avoid\w*|except|instead|rather|over|but|because|since|while|which|whereas'
    r'|although|though|unlike|than|if|unless|away)\b'
)
NEGATION = _compiled(
    r'(?:\b(?:not|never|cannot|avoid\w*|neither|nor|second|third|alternatives?|backup|fallback'
    r'|runner|worst|bad|wrong|least|if|could|might|when|unless|consider\w*|tempt\w*|ignor\w*'
    r"|skip\w*|reject\w*|exclud\w*|discard\w*)|n't)\b"
)
DOUBT = _compiled(
    r'(?:\b(?:not?|never|avoid\w*|block\w*|colli\w+|hits?|hitting|obstacles?|unsafe|danger\w*'
    r'|wrong|bad|worse|worst|cannot|except|unreachable|occupied|obstruct\w*|too|fail\w*|unable'
    r'|sorry|unclear|unsure|neither|nor|away|if|maybe|perhaps|could|might|whether|none|ignor\w*'
    r"|skip\w*|reject\w*|exclud\w*|discard\w*)|n't)\b"
)
