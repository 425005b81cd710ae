"""Phrases that are never said, or said of what they are not true of: a user's whose slots are never just what is theirs, an agent's behind one that always
fits, or beside one that tells a list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from magnetc.diagnostics import Sink
from magnetc.frontend.slots import Chain
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.ir.template import Phrase, Section, Text, slots
from magnetc.ir.types import EntityType, Ref


def check_phrases(spec: Spec, only_user: Mapping[str, Collection[str]], sink: Sink) -> None:
    """MG421 for each phrase that never fits.

    A phrase fits a turn when it says what is the user's to give. `only_user` has, by tool, the required parameters that nothing
    but the user gives: a phrase without one of them fits no turn (what no phrase says is MG412), unless the value is withheld by Split, one at a time. A phrase
    whose weight is 0 is never drawn; one with a slot that nobody gives and nothing refers to cannot be said.
    """
    withholds = any(operation.name == "split" and dict(operation.options).get("miss_params") not in (None, 0, 0.0)
                    for operation in spec.operations)
    for template in spec.turns:
        needed = {f"{alias}.{name}" if alias else name for tool, alias in template.chain for name in only_user.get(tool, ())}
        told = {locale: {slot.name for phrase in template.phrases if phrase.locale == locale for slot in slots(phrase.parts)}
                for locale, _ in spec.recipe.locales}
        for phrase in (phrase for phrase in template.phrases if phrase.locale in told):
            if phrase.weight == 0:
                _never(phrase, "its weight is 0", "give it a weight above 0, or leave it out", sink)
                continue
            silent = sorted((needed & told[phrase.locale]) - {slot.name for slot in slots(phrase.parts)})
            if len(silent) > (1 if withholds else 0):
                named = ", ".join(f"`{{{name}}}`" for name in silent)
                _never(phrase, f"it does not say {named}, which only the user can give", f"add {named}", sink)
                continue
            for slot in slots(phrase.parts, required_only=True):
                if _is_unsayable(slot.name, template.chain, phrase, spec):
                    _never(phrase, f"no user can give `{{{slot.name}}}`, and no `refer` phrase of `{phrase.locale}` points at one",
                           f"put it in [ ], or add a `refer` phrase for its type in `{phrase.locale}`", sink)
                    break


def check_replies(spec: Spec, sink: Sink) -> None:
    """MG422 for each phrase of a reply that says nothing of the result beside one that tells a list, MG421 for one that another always comes before.

    Of the phrases of a statement that fit, any may be said, and one without slots always fits; of the statements for the same calls, the first that has one.
    """
    settled: dict[tuple[Chain, str], Phrase] = {}
    for template in spec.replies:
        for locale in dict.fromkeys(phrase.locale for phrase in template.phrases):
            phrases = [phrase for phrase in template.phrases if phrase.locale == locale]
            if (first := settled.get((template.chain, locale))) is not None:
                _never(phrases[0], f"\"{first.text}\" above it always fits", "put the phrase that always fits in a last `reply` statement of its own", sink)
                continue
            silent = [phrase for phrase in phrases if all(isinstance(part, Text) for part in phrase.parts)]
            tells = next((phrase for phrase in phrases if any(isinstance(part, Section) for part in phrase.parts)), None)
            if silent and tells is not None:
                sink.warning("MG422", f"\"{silent[0].text}\" may be said of a list that is not empty", silent[0].origin,
                             notes=(f"\"{tells.text}\" tells it; of the phrases that fit any is said, and one without slots always fits",),
                             help="move it to a `reply` statement of its own, behind this one, if it is for an empty list")
            if silent:
                settled[template.chain, locale] = silent[0]


def _never(phrase: Phrase, why: str, advice: str, sink: Sink) -> None:
    sink.warning("MG421", f"this phrase is never said: {why}", phrase.origin, help=advice)


def _is_unsayable(name: str, chain: Chain, phrase: Phrase, spec: Spec) -> bool:
    """Whether a slot is of a minted type, which only a result gives, and nothing points at results of that type."""
    entity = _entity_of(name, chain, spec)
    if entity is None or not entity.minted or entity.state:
        return False
    return not spec.refers_to(entity.name, phrase.locale)


def _entity_of(name: str, chain: Chain, spec: Spec) -> EntityType | None:
    head, _, rest = name.partition(".")
    tool = next((tool for tool, alias in chain if alias and alias == head), None)
    function: FunctionSignature = spec.tool[tool or chain[0][0]]
    said = rest if tool else name
    expr = next((leaf.type for parameter in function.parameters for leaf in argument_leaves(parameter) if leaf.name == said), None)
    return spec.type_table.get(expr.name) if isinstance(expr, Ref) else None
