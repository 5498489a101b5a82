"""Whether a text says something, or only fills the space where something should stand."""

import re
import unicodedata
from collections.abc import Collection, Iterable

LEAST_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"`[^`]*`")
_EDGES = " *_-.:!?,;\"'\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
# Letters by their category, and blank on every screen: Hangul fillers, and Braille without a dot.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# What names a page, a person, a mailbox or a picture says nothing. Each begins where nothing of its own kind stands
# before it, which keeps the search linear.
_NAMES = (
    re.compile(r"(?<![a-z0-9+.-])[a-z0-9+.-]++://\S+"),
    re.compile(r"(?<!\w)www\.\S+"),
    re.compile(r"(?<![a-z0-9_.%+-])[a-z0-9_.%+-]*+@[a-z0-9][a-z0-9_./-]*"),
    re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)"),
)
_TASK = re.compile(r"\[[ x]?\] ")
# A line that tells the author what to write is not what the author wrote.
_INSTRUCTION = re.compile(r"(please|describe|explain|fill in|replace this|placeholder|your text|lorem ipsum)\b.*")
_IN_BRACKETS = re.compile(r"\[[^\]]*\]|\{.*\}|<.*>")
# What puts the answer off says nothing, whatever follows ("TBD later on").
_PUT_OFF = re.compile(
    r"[\W_]*+(tbd|tba|tbc|todo|wip|fixme|"
    r"to\sbe\s(determined|decided|defined|confirmed|announced|completed|filled|written))(?![^\W_])"
)
_PHRASES = (
    *("to be determined", "to be done", "to be decided", "to be filled", "to do", "not applicable", "not available"),
    *("n/a", "n.a.", "see above", "same as above", "as above", "no impact", "coming soon"),
)
_PHRASE = re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in _PHRASES))
_FILLERS = frozenset(
    {
        *("tbd", "tba", "tbc", "todo", "wip", "fixme", "xxx", "na", "none", "nothing", "nil", "null"),
        *("low", "medium", "high"),
    }
)


def normalised(line: str) -> str:
    """Return the line as it compares: compatibility forms folded, invisible characters gone, spaces single."""
    folded = unicodedata.normalize("NFKC", line).casefold()
    visible = "".join(
        character
        for character in folded
        if character not in _BLANK and unicodedata.category(character) not in {"Cf", "Cc", "Mn"}
    )
    return " ".join(visible.split())


def is_filled(paragraphs: Iterable[str], placeholders: Collection[str]) -> bool:
    """Say whether at least two different words remain when all that says nothing is taken away.

    That is placeholders, fillers, code between backticks, addresses and names. Lines end in a line feed.
    """
    text = "\n\n".join(filter(None, map(_lines, paragraphs)))
    for placeholder in placeholders:
        text = _sequence(_lines(placeholder)).sub(" ", text)
    said = " ".join(
        line
        for paragraph in text.split("\n\n")
        if not _PUT_OFF.match(_TASK.sub("", paragraph, count=1))
        for line in paragraph.split("\n")
        if not _says_nothing(line)
    )
    for pattern in (*_NAMES, _PHRASE):
        said = pattern.sub(" ", said)
    return len(set(_words(said)) - _FILLERS) >= LEAST_WORDS


def _lines(text: str) -> str:
    """Return the text with each line normalised and without code; empty lines are left out."""
    return "\n".join(filter(None, (normalised(_CODE.sub(" ", line)) for line in text.split("\n"))))


def _sequence(text: str) -> re.Pattern[str]:
    """Find these words in this order, whatever is between them, over the ends of lines too."""
    words = r"[\W_]++".join(re.findall(r"[^\W_]+", text))
    # Without a word there is nothing to find, and the empty pattern would match everywhere.
    return re.compile(rf"(?<![^\W_]){words}(?![^\W_])" if words else r"(?!)")


def _says_nothing(line: str) -> bool:
    bare = _TASK.sub("", line, count=1).strip(_EDGES)
    return any(pattern.match(bare) for pattern in (_INSTRUCTION, _PUT_OFF)) or bool(_IN_BRACKETS.fullmatch(bare))


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(text):
        # Scripts without spaces between words: each character counts as one.
        yield from word if all(unicodedata.category(character) == "Lo" for character in word) else (word,)
