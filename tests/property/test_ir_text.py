"""The text form of each IR level parses back to what was printed."""

from hypothesis import given
from hypothesis import strategies as st

from magnetc.ir.graph import ORIGINS, Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.path import (
    Abstention,
    AbstentionKind,
    Argument,
    Call,
    DefaultSource,
    OutputSource,
    SignaturePath,
    SystemSource,
    Turn,
    TurnKind,
    UserSource,
)
from magnetc.ir.presentation import Presentation
from magnetc.ir.script import Goal, Hole, Script, ScriptTurn, SystemKind
from magnetc.ir.text import parse_graph, parse_path, parse_script, print_graph, print_path, print_script

words = st.text(min_size=1, max_size=8) | st.sampled_from(["a", "get-user", "a.b", "for", "says", "turn", "goal", "->", "t1+"])
pointers = words.map(lambda word: "/" + word.replace("/", "~1"))
many = st.lists(words, max_size=3).map(tuple)



@st.composite
def graphs(draw):
    nodes = draw(st.lists(words, min_size=1, max_size=4))
    pairs = draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=4, unique=True))
    made = []
    for source, target in pairs:
        origin, *also = draw(st.lists(st.sampled_from(ORIGINS), min_size=1, unique=True).map(lambda names: sorted(names, key=ORIGINS.index)))
        made.append(Edge(source=source, target=target, kind=draw(st.sampled_from(EdgeKind)), origin=origin, also=tuple(also),
                         values=draw(st.lists(st.builds(ValueFlow, pointers, words), max_size=3).map(tuple)),
                         confidence=draw(st.floats(0, 1)), proven=draw(st.sampled_from([True, False, None]))))
    return LocalDependencyGraph.of(nodes, made)


sources = st.one_of(st.builds(UserSource, words), st.builds(SystemSource, pointers), st.builds(OutputSource, words, pointers),
                    st.just(DefaultSource()))
arguments = st.lists(st.builds(Argument, pointer=pointers, source=sources), max_size=3).map(tuple)
calls = st.builds(Call, id=words, function=words, goal=words, arguments=arguments)
call_lists = st.lists(calls, max_size=3, unique_by=lambda call: call.id).map(tuple)
abstentions = st.builds(Abstention, kind=st.sampled_from(AbstentionKind), at=st.just("") | words.filter("-".__ne__),
                        value=st.sampled_from(["", "14", '"first class"']))
turns = st.builds(Turn, abstains=st.none() | abstentions, key=words, kind=st.sampled_from(TurnKind), calls=call_lists, operations=many, withheld=many, says=call_lists)
paths = st.builds(SignaturePath, id=words, base=words, name=words, locale=words, variant=st.integers(0, 99),
                  attempt=st.integers(0, 9), cut=many, offers=many, twins=many, turns=st.lists(turns, max_size=3).map(tuple))


names = st.lists(st.tuples(words, words), max_size=2).map(tuple)
presentations = st.builds(Presentation, orders=st.lists(st.tuples(words, many), max_size=2).map(tuple), tools=names, parameters=names,
                          results=names)


@st.composite
def scripts(draw):
    path = draw(paths)
    made = []
    for turn in path.turns:
        known = {call.id: call for call in (*turn.says, *turn.calls)}
        groups = st.lists(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3), max_size=2) if known else st.just([])
        picked = [tuple(tuple(known[name] for name in group) for group in draw(groups)) for _ in range(2)]
        made.append(ScriptTurn(
            key=turn.key, kind=turn.kind, goals=tuple(Goal(calls=group) for group in picked[0]), rounds=picked[1],
            holes=draw(st.lists(st.builds(Hole, call=words, pointer=pointers, producer=words, output=pointers, type=words),
                                max_size=2).map(tuple)),
            operations=draw(many), withheld=draw(many), answers=draw(many), announces=draw(many), abstains=turn.abstains))
    return Script(path=path, turns=tuple(made), offered=tuple(draw(many) for _ in made), shown=draw(presentations), system=draw(st.sampled_from(SystemKind)), clutter=draw(many))


@given(graphs())
def test_graphs(graph):
    assert parse_graph(print_graph(graph)) == graph


@given(paths)
def test_paths(path):
    assert parse_path(print_path(path)) == path


@given(scripts())
def test_scripts(script):
    assert parse_script(print_script(script)) == script
