"""Surface forms: how values are said in a language and read back, and how sentences are put together from them."""

from magnetc.surface.form import LANGUAGES, Form, fold
from magnetc.surface.forms import capitalise_value, long_date, read, read_list, say, say_list
from magnetc.surface.lists import join, join_parts
from magnetc.surface.notation import primitive, same
from magnetc.surface.occurrence import occurs
from magnetc.surface.skeleton import MASK, skeleton
from magnetc.surface.text import capitalise, elide, elide_parts, lower_first, tidy, tidy_parts

__all__ = ["LANGUAGES", "MASK", "Form", "capitalise", "capitalise_value", "elide", "elide_parts", "fold", "join",
           "join_parts", "long_date", "lower_first", "occurs", "primitive", "read", "read_list", "same", "say", "say_list",
           "skeleton", "tidy", "tidy_parts"]
