"""Surface forms: how values are said in a language and read back, and how sentences are put together from them."""

from magnetc.surface.forms import long_date, read, read_list, say, say_list
from magnetc.surface.lists import join, join_parts
from magnetc.surface.mention import find_mention
from magnetc.surface.occurrence import occurs
from magnetc.surface.script import gap, is_unspaced, runs_on, words_of
from magnetc.surface.text import capitalise, elide, elide_parts, lower_first, tidy, tidy_parts
from magnetc.surface.today import depends_on_today

__all__ = ["capitalise", "depends_on_today", "elide", "elide_parts", "find_mention", "gap", "is_unspaced", "join", "join_parts", "long_date", "lower_first",
           "occurs", "read", "read_list", "runs_on", "say", "say_list", "tidy", "tidy_parts", "words_of"]
