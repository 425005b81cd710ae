"""The order of a conversation: who speaks when, and which result answers which call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from magnetc.emit.foreign.row import Called, Problem, Said


def order(messages: Sequence[Said]) -> Iterator[Problem]:
    """What is out of order in the messages of a conversation. Calls of its last message need no results."""
    open_calls: list[Called] = []
    answered = 0
    previous: Said | None = None
    for number, said in enumerate(messages):
        if said.role == "tool":
            yield from _result(said, open_calls)
            answered += 1
        else:
            if open_calls and (not answered or any(call.id is not None for call in open_calls)):
                for call in open_calls:
                    yield Problem("MG811", f"the call of `{call.name}` has no result, and the conversation goes on", call.at)
            yield from _turn(said, previous, number)
            open_calls, answered = list(said.calls), 0
            yield from _twice(said)
        previous = said


def _result(said: Said, open_calls: list[Called]) -> Iterator[Problem]:
    """Takes the call that a result answers from those that are open: the one with its id, else the first with its name, else the first."""
    if not open_calls:
        yield Problem("MG810", "a tool's result that no call before it asked for", said.at)
        return
    by_id = next((call for call in open_calls if said.call_id is not None and call.id == said.call_id), None)
    call = by_id or next((call for call in open_calls if call.name == said.name), open_calls[0])
    open_calls.remove(call)
    if by_id is None and said.call_id is not None and call.id is not None:
        yield Problem("MG817", f"a result answers the call `{said.call_id}`, and the call that waits for one is `{call.id}`", said.at)
    elif said.name is not None and call.name and said.name != call.name:
        yield Problem("MG817", f"a result is named `{said.name}` and answers a call of `{call.name}`", said.at)


def _twice(said: Said) -> Iterator[Problem]:
    ids = [call.id for call in said.calls if call.id is not None]
    for number, call in enumerate(said.calls):
        if call.id is not None and call.id in ids[:number]:
            yield Problem("MG817", f"two calls of one message have the id `{call.id}`", call.at)


def _turn(said: Said, previous: Said | None, number: int) -> Iterator[Problem]:
    """Whether a message that is no result may come after the one before."""
    before = previous.role if previous else None
    if said.role == "system":
        if before not in (None, "system"):
            yield Problem("MG815", f"a system message as message {number + 1}: most chat templates take one at the beginning alone", said.at)
    elif said.role == "user":
        if before == "user":
            yield Problem("MG812", "the user speaks twice in a row: what the agent says between them is missing", said.at)
        elif before == "tool":
            yield Problem("MG812", "the user speaks right after a result: what the agent makes of it is missing", said.at)
    elif before == "assistant" and not (previous and previous.calls):
        yield Problem("MG812", "the agent speaks twice in a row", said.at)
    if said.role == "assistant" and not said.calls and not said.content.strip():
        yield Problem("MG816", "the agent's message says nothing and calls nothing", said.at)


def ending(messages: Sequence[Said], at: str) -> Iterator[Problem]:
    """Whether the agent has the last word, and any."""
    if not any(said.role == "assistant" for said in messages):
        yield Problem("MG814", "no message in it is the agent's: it trains nothing", at)
    elif messages[-1].role != "assistant":
        whose = "the user's" if messages[-1].role == "user" else "a tool's" if messages[-1].role == "tool" else "the system's"
        yield Problem("MG813", f"the last message is {whose}: what the agent answers is missing", messages[-1].at)
