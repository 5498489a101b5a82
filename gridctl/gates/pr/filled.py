"""Whether a text says something, or only fills the space where something should stand."""

import re
import unicodedata
from collections.abc import Collection, Iterable

LEAST_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+")
# A line that tells the author what to write is not what the author wrote.
_INSTRUCTION = re.compile(r"(please|describe|explain|fill in|replace this|placeholder|your text|lorem ipsum)\b.*")
_IN_BRACKETS = re.compile(r"\[[^\]]*\]|\{.*\}|<.*>")
_PHRASES = (
    *("to be determined", "to be done", "to be decided", "to be filled", "to do", "not applicable", "not available"),
    *("n/a", "n.a.", "see above", "same as above", "as above", "no impact", "coming soon"),
)
_PHRASE = re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in _PHRASES))
_FILLERS = frozenset({*("tbd", "tba", "tbc", "todo", "wip", "fixme", "xxx", "na", "none", "nothing", "nil", "null")})


def normalised(line: str) -> str:
    """Return the line as it compares: compatibility forms folded, invisible characters gone, spaces single."""
    folded = unicodedata.normalize("NFKC", line).casefold()
    visible = "".join(character for character in folded if unicodedata.category(character) not in {"Cf", "Cc", "Mn"})
    return " ".join(visible.split())


def is_filled(lines: Iterable[str], placeholders: Collection[str]) -> bool:
    """Say whether at least two different words remain when placeholders, fillers and addresses are taken away."""
    ignored = {_bare(placeholder) for placeholder in placeholders}
    words: set[str] = set()
    for line in lines:
        bare = _bare(line)
        if bare in ignored or _INSTRUCTION.fullmatch(bare) or _IN_BRACKETS.fullmatch(bare):
            continue
        said = _PHRASE.sub(" ", _ADDRESS.sub(" ", bare))
        words.update(_words(said))
    return len(words - _FILLERS) >= LEAST_WORDS


def _bare(line: str) -> str:
    return normalised(line).strip(" *_-.:")


def _words(text: str) -> Iterable[str]:
    for word in _WORD.findall(text):
        # Scripts without spaces between words: each character counts as one.
        yield from word if all(unicodedata.category(character) == "Lo" for character in word) else (word,)
