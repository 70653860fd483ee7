"""What a small form on a page says when it is refused: it has no room for words beside its fields."""

from app.core.errors import Problem
from app.core.http import translated
from app.web.forms import words_per_field


def words_of(problem: Problem) -> str:
    """The complaints about the fields, or the problem's own sentence, in the reader's language."""
    found = [words for lines in words_per_field(problem).values() for words in lines]
    return " ".join(found) or translated(problem)
