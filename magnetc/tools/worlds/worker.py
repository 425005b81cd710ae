"""The worker process of a Python world: one file, standard library only, for any Python from 3.9 on.

Reads one JSON request a line from its standard input and answers each on its standard output with a line of the request's
number and JSON: `{"ok": ...}` or `{"failed": {"kind", "message", "trace", "file", "line"}}`. The requests are those of `protocol.py`.
What the recipe's code prints goes to standard error.

A world is held as a snapshot behind a handle (an integer) and never changed: each program runs on a copy of its own,
made by the world's `snapshot()`, else from a pickle, else by `deepcopy`. Results are turned into text the moment a
call returns, so that no later call can change them. What is not JSON becomes JSON: tuples, sets (sorted) and views of
dictionaries turn into lists, dataclasses into objects, keys and everything else into `str()`, without addresses.
"""

from __future__ import annotations

import sys

if sys.path and sys.path[0] == __file__.rpartition("/")[0]:
    del sys.path[0]  # neighbours of this file must not shadow modules of the recipe or the standard library

import atexit
import gc
import importlib
import importlib.machinery
import json
import os
import pickle
import random
import re
import resource
import shutil
import signal
import time
import traceback
from collections import OrderedDict
from copy import deepcopy
from functools import lru_cache
from hashlib import sha256

RESERVED = ("state", "observe", "snapshot", "profile", "clutter")
PRISTINE = 64
"""Initial worlds kept, so that the same reset is made once."""

CPU = 4
"""Seconds of processor time for each second that a program may take: threads that go on after it end the worker."""

TICK = 0.02
"""Seconds between two looks at the clock while a program runs."""

CHARGED = 1.0
"""Seconds after which the limit of processor time is moved on."""

LARGE = 1 << 18
"""Bytes of a state's JSON from which on a world is shared with copies of the process instead of copied itself."""

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=lambda v: plain(v, ()))


def _text_maker():
    """What `_compact.encode` makes of a value, made ready once: making it ready takes longer than most results do."""
    try:
        make = vars(json.encoder)["c_make_encoder"](None, _compact.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)
        sample = {"a": [1, 2.5, None, True, "Ü\n"], "b": ()}
        if "".join(make(sample, 0)) == _compact.encode(sample):
            return lambda value: "".join(make(value, 0))
    except Exception:  # it is no promise of Python's
        pass
    return _compact.encode


_text = _text_maker()
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_loads = json.loads


class Failure(Exception):
    """A request that cannot be answered. `kind`: import, class, init, method, handle or request."""

    def __init__(self, kind, message, cause=None):
        super().__init__(message)
        self.kind, self.cause = kind, cause
        self.told = None


class Unresolved(Exception):
    """A reference that names no value, or more than one."""


class TimeLimit(BaseException):
    """Raised by the timer inside the recipe's code; no `except Exception` there can hold it back."""


# JSON


def encode(value):
    """Compact JSON of any value, in the key order given."""
    try:
        text = _text(value)
        if not text.isascii():
            text.encode()
        return text
    except (TypeError, ValueError, RecursionError):
        return _compact.encode(plain(value, ()))


def plain(value, parents):
    """`value` in types that JSON has. Raises ValueError when it holds itself."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value).encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    if id(value) in parents:
        raise ValueError("the result is not JSON: it holds itself")
    parents = (*parents, id(value))
    if hasattr(type(value), "__dataclass_fields__"):
        value = attributes(value)
    if isinstance(value, dict):
        return {plain(key if isinstance(key, str) else text_of(key), ()): plain(v, parents) for key, v in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item, parents) for item in value), key=_canonical)
    if isinstance(value, (list, tuple, type({}.keys()), type({}.values()), type({}.items()))):
        return [plain(item, parents) for item in value]
    return plain(text_of(value), ())


def text_of(value):
    """`str()` without the memory address that differs from process to process. JSON's words for JSON's constants."""
    if value is None or value is True or value is False:
        return _canonical(value)
    return _ADDRESS.sub("", str(value))


def digest(value):
    """As `magnetc.ir.json.digest`."""
    return sha256(_canonical(value).encode()).hexdigest()[:32]


def structure(value, seen, parents=()):
    """Any object as JSON: instances by their attributes, one met before by the order it was met in."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return plain(value, ())
    if id(value) in parents:
        return {"$up": len(parents) - parents.index(id(value))}
    inside = (*parents, id(value))
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {plain(key, ()): structure(item, seen, inside) for key, item in value.items()}
        return {"$items": [[structure(key, seen, inside), structure(item, seen, inside)]
                           for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return [structure(item, seen, inside) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((structure(item, seen, inside) for item in value), key=_canonical)
    if isinstance(value, random.Random):
        return {"$random": digest(plain(value.getstate(), ()))}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": value.hex()}
    fields = attributes(value)
    if not fields or callable(value):
        return {"$" + type(value).__name__: text_of(value)}
    if id(value) in seen:
        return {"$same": seen[id(value)]}
    seen[id(value)] = len(seen)
    return {name: structure(fields[name], seen, inside) for name in sorted(fields)}


def attributes(value):
    """Names and values of an object's attributes, slots included."""
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ()) if hasattr(value, name)]
    return {**{name: getattr(value, name) for name in slots}, **getattr(value, "__dict__", {})}


# JSON pointers and patterns, as in magnetc/ir/pointer.py


@lru_cache(maxsize=4096)
def tokens(pointer):
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


@lru_cache(maxsize=4096)
def index_of(token):
    """The item of a list that a token stands for: digits, none of them a leading zero (RFC 6901, section 4)."""
    return int(token) if re.fullmatch("0|[1-9][0-9]{0,17}", token) else None


def get(document, pointer):
    for token in tokens(pointer):
        if isinstance(document, list):
            index = index_of(token)
            if index is None:
                raise LookupError(pointer)
            document = document[index]
        elif isinstance(document, dict):
            document = document[token]
        else:
            raise LookupError(pointer)
    return document


@lru_cache(maxsize=4096)
def is_pointer(pattern):
    """Whether a pattern stands for one place at most, which is called as the pattern is."""
    return "~" not in pattern and "*" not in tokens(pattern)


def expand(document, pattern):
    """Every [pointer, value] that `pattern` stands for, in document order."""
    path = tokens(pattern)
    if is_pointer(pattern):
        try:
            for token in path:
                if isinstance(document, list):
                    index = index_of(token)
                    if index is None:
                        return []
                    document = document[index]
                else:
                    document = document[token]
        except (LookupError, TypeError, ValueError):
            return []
        return [(pattern, document)]
    found = [("", document)]
    for token in path:
        below = []
        for at, value in found:
            if isinstance(value, list):
                index = index_of(token)
                indices = range(len(value)) if token == "*" else () if index is None else (index,)
                below.extend((f"{at}/{i}", value[i]) for i in indices if i < len(value))
            elif isinstance(value, dict):
                below.extend((f"{at}/{key.replace('~', '~0').replace('/', '~1')}", value[key])
                             for key in (value if token == "*" else (token,)) if key in value)
        found = below
    return found


def put(document, pointer, value):
    """Set the leaf at `pointer`, making the objects on the way; an index one past a list's end appends."""
    path = tokens(pointer)
    for token in path[:-1]:
        document = document[int(token)] if isinstance(document, list) else document.setdefault(token, {})
    if not isinstance(document, list):
        document[path[-1]] = value
    elif int(path[-1]) == len(document):
        document.append(value)
    else:
        document[int(path[-1])] = value


def normalised(rules, tool, result):
    """A result with what the rules name replaced: the value at a pattern, or what an expression finds in texts, there or anywhere."""
    for rule in rules:
        if rule["tool"] not in ("", tool):
            continue
        if not rule["at"]:
            result = replaced(result, rule)
            continue
        for pointer, value in expand(result, rule["at"]):
            put(result, pointer, replaced(value, rule) if rule["match"] else rule["to"])
    return result


def replaced(value, rule):
    """`value` with what the rule's expression finds in its texts replaced."""
    if isinstance(value, str):
        return re.sub(rule["match"], rule["to"], value, flags=re.MULTILINE)
    if isinstance(value, list):
        return [replaced(item, rule) for item in value]
    if isinstance(value, dict):
        return {key: replaced(item, rule) for key, item in value.items()}
    return value


def pick(result, ref):
    """The (pointer, value) in `result` that a reference names. Raises Unresolved."""
    pattern, how = ref["at"], ref.get("pick", "")
    found = expand(result, pattern)
    if not found:
        raise Unresolved(f"nothing is at `{pattern}`")
    if how in ("", "only"):
        if len(found) > 1:
            raise Unresolved(f"`{pattern}` has {len(found)} items, not one")
        return found[0]
    keys = [sort_key(result, at, ref.get("by", "")) for at, _ in found]
    if len({type(key) for key in keys}) > 1:
        raise Unresolved(f"`{ref.get('by', '')}` is of different types along `{pattern}`")
    best = min(keys) if how == "least" else max(keys)
    if keys.count(best) > 1:
        raise Unresolved(f"{keys.count(best)} items of `{pattern}` share the {how} `{ref.get('by', '')}`")
    return found[keys.index(best)]


def sort_key(result, at, field):
    """What an item is compared by: the field beside the value at `at`, or the value itself when `field` is empty."""
    place = at.rpartition("/")[0] + "/" + field if field else at
    try:
        key = get(result, place)
    except LookupError:
        raise Unresolved(f"nothing is at `{place}`") from None
    if isinstance(key, bool) or not isinstance(key, (int, float, str)):
        raise Unresolved(f"`{place}` is neither a number nor text")
    return float(key) if isinstance(key, int) else key


# Worlds


class Snapshot:
    """A world held still. The world given must not be used any more; `restore` makes an independent copy."""

    __slots__ = ("pickled", "world")

    def __init__(self, world):
        self.world, self.pickled = world, None

    def restore(self):
        if self.pickled is None and not is_method(type(self.world), "snapshot"):
            self.pickled = pickled(self.world)
            if self.pickled is not None:
                self.world = None
        return pickle.loads(self.pickled) if self.pickled is not None else copy_of(self.world)


class Made:
    """A world that is nobody else's, held for one use."""

    __slots__ = ("world",)

    def __init__(self, world):
        self.world = world

    def restore(self):
        return self.world


class Shared:
    """A large world held still as what makes it: its beginning, and the calls since. It is made anew in a copy of the process,
    which shares the state that it begins with."""

    __slots__ = ("calls", "reset")

    def __init__(self, reset, calls=()):
        self.reset, self.calls = reset, calls


UNPICKLABLE = set()
"""Classes whose instances cannot be pickled, so that it is tried once."""


def pickled(world):
    """The world as a pickle that was seen to load, or None."""
    if type(world) in UNPICKLABLE:
        return None
    try:
        text = pickle.dumps(world, -1)
        pickle.loads(text)
    except Exception:
        UNPICKLABLE.add(type(world))
        return None
    return text


def copy_of(world):
    """An independent copy of a world that goes on being used."""
    if is_method(type(world), "snapshot"):
        return checked("snapshot", world.snapshot)
    text = pickled(world)
    if text is not None:
        return pickle.loads(text)
    try:
        return deepcopy(world)
    except Exception as error:
        text = f"it cannot be copied and has no method `snapshot`: {type(error).__name__}: {error}"
        raise Failure("method", text, error) from error


def checked(name, method):
    """The result of one of the world's own methods. Raises Failure with its exception."""
    try:
        return method()
    except Exception as error:
        raise Failure("method", f"`{name}` raised {type(error).__name__}: {error}", error) from error


class View:
    """A world's `state()` and `observe()` as JSON, each taken at most once."""

    def __init__(self, world):
        self.world, self._state = world, None

    @property
    def state(self):
        if self._state is None:
            if is_method(type(self.world), "state"):
                self._state = self.take("state")
            else:
                self._state = structure(self.world, {})
        return self._state

    def observed(self):
        """What the world shows of itself, not yet JSON."""
        if is_method(type(self.world), "observe"):
            return checked("observe", self.world.observe)
        if is_method(type(self.world), "state"):
            return self.state
        return structure({k: v for k, v in attributes(self.world).items() if not k.startswith("_")}, {})

    def take(self, name):
        return checked(name, lambda: _loads(encode(getattr(self.world, name)())))


class Worker:
    """One class of worlds, its snapshots, and the requests on them."""

    def __init__(self):
        self.cls = None
        self.folder, self.home = "", os.path.realpath(os.curdir)
        self.tools = frozenset()
        self.limit, self.ticket, self.rules = 0.0, 0, ()
        self.handles = {}
        self.next_handle = 1
        self.pristine = OrderedDict()
        self.states, self.parsed = {}, {}
        self.requests = {"open": self.open, "reset": self.reset, "run": self.run, "state": self.state,
                         "drop": self.drop, "batch": self.batch}

    def answer(self, request):
        """The JSON text that answers `request`."""
        try:
            operation = self.requests.get(request.get("op"))
            if operation is None:
                raise Failure("request", f"unknown operation `{request.get('op')}`")
            return '{"ok":' + operation(request) + "}"
        except Failure as failure:
            return '{"failed":' + encode(self.explain(failure)) + "}"
        except TimeLimit as error:
            Timer.stop()
            return '{"failed":' + encode(self.explain(self.too_late(error))) + "}"
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return '{"failed":' + encode(self.explain(Failure("request", repr(error), error))) + "}"

    def explain(self, failure):
        """A failure as JSON: its Python error, and the innermost place of it in the recipe's own code."""
        if failure.told is not None:
            return failure.told
        told = {"kind": failure.kind, "message": str(failure), "trace": [], "file": None, "line": None}
        cause = failure.cause
        if cause is not None:
            below = cause.__traceback__
            while below and below.tb_frame.f_code.co_filename.startswith((__file__, "<frozen importlib")):
                below = below.tb_next
            lines = "".join(traceback.format_exception(type(cause), cause, below, chain=False)).splitlines()
            told["trace"] = lines[-12:]
            places = [(f.filename, f.lineno) for f in traceback.extract_tb(cause.__traceback__)]
            if isinstance(cause, SyntaxError):
                places.append((cause.filename or "", cause.lineno))
            own = [p for p in places if self.folder and p[0].startswith(self.folder + os.sep)]
            if own:
                told["file"], told["line"] = own[-1][0][len(self.folder) + 1:], own[-1][1]
        return told

    def open(self, request):
        """Import the class; `{"tools", "has", "python"}`."""
        self.folder, self.limit = request["path"], request.get("seconds", 10.0)
        self.next_handle = request.get("first_handle", 1)
        self.ticket, self.rules = request.get("ticket", 0), request.get("normalise", ())
        if self.cls is None:
            signal.signal(signal.SIGALRM, Timer.fire)
            self.cls = load_class(self.folder, request["target"])
        names = [name for name in dir(self.cls) if not name.startswith("_")]
        self.tools = frozenset(name for name in names if name not in RESERVED and is_method(self.cls, name))
        return encode({"tools": sorted(self.tools), "takes": {name: parameters_of(self.cls, name) for name in self.tools},
                       "has": [name for name in RESERVED if is_method(self.cls, name)],
                       "python": sys.version.split()[0]})

    def hold(self, snapshot):
        handle = self.next_handle
        self.next_handle += 1
        self.handles[handle] = snapshot
        return handle

    def snapshot(self, request):
        """The snapshot a request starts from: that of its `handle`, or of its `reset`."""
        if "reset" in request:
            return self.initial(request["reset"])
        try:
            return self.handles[request["handle"]]
        except KeyError:
            raise Failure("handle", f"there is no snapshot {request.get('handle')}") from None

    def initial(self, reset):
        """The snapshot of an initial world, made once for the same arguments."""
        seed, now, state_digest = reset.get("seed", 0), reset["now"], reset.get("known")
        if state_digest is None and reset.get("state") is not None:
            state_digest = digest(reset["state"])
            if state_digest not in self.states:
                self.states[state_digest] = encode(reset["state"])
        key = (seed, now, state_digest, tuple(reset.get("clutter", ())))
        if self.is_large(state_digest):
            return Shared(key)
        made = self.pristine.get(key)
        if made is None:
            made = self.pristine[key] = Snapshot(self.make(key))
            if len(self.pristine) > PRISTINE:
                self.pristine.popitem(last=False)
        else:
            self.pristine.move_to_end(key)
        return made

    def is_large(self, state_digest):
        """Whether worlds of a state are better shared than copied, and can be."""
        if len(self.states.get(state_digest, "")) < LARGE or is_method(self.cls, "snapshot") or not hasattr(os, "fork"):
            return False
        if state_digest not in self.parsed:
            if not is_alone():
                return False
            self.parsed[state_digest] = _loads(self.states[state_digest])
            gc.collect()
            gc.freeze()
        return True

    def make(self, key):
        """The initial world of (seed, now, digest of its state, clutter). In a copy of the process the state itself is its own."""
        seed, now, state_digest, more = key
        try:
            assert self.cls is not None, "no world is open"
            state = self.parsed.get(state_digest)
            if state is None and state_digest is not None:
                state = _loads(self.states[state_digest])
            with Timer(self.limit):
                world = self.cls(state, seed, now)
                if more:
                    world.clutter(state="state" in more, results="results" in more)
                return world
        except Failure:
            raise
        except TimeLimit as error:
            Timer.stop()
            raise Failure("init", f"the world was not made within {self.limit:g} s", error) from error
        except Exception as error:
            raise Failure("init", f"{type(error).__name__}: {error}", error) from error

    def with_world(self, snapshot, function):
        """The text that `function` makes of an independent world, in this process or a copy. Raises Failure."""
        if not isinstance(snapshot, Shared):
            return function(snapshot)

        def there():
            try:
                world = self.make(snapshot.reset)
                with Timer(self.limit):
                    for name, arguments in snapshot.calls:
                        Program(self, (), False).call(name, _loads(arguments), world)
                return "+" + function(Made(world))
            except Failure as failure:
                return "-" + encode(self.explain(failure))
            except TimeLimit as error:
                Timer.stop()
                return "-" + encode(self.explain(self.too_late(error)))

        text = apart(self.ticket, there)
        if text[0] == "+":
            return text[1:]
        failure = Failure("method", "")
        failure.told = _loads(text[1:])
        raise failure

    def too_late(self, error):
        return Failure("method", f"the world did not answer within {self.limit:g} s", error)

    def reset(self, request):
        """Hold an initial world, and tell what it is: the digest of its state, its profile, with `full` its state."""
        snapshot = self.initial(request)

        def told(held):
            with Timer(self.limit):
                view = View(held.restore())
                profile = view.take("profile") if is_method(self.cls, "profile") else None
                reply = {"state_digest": digest(view.state), "profile": profile}
            if request.get("full"):
                reply["state"] = view.state
            return encode(reply)

        text = self.with_world(snapshot, told)
        return f'{{"handle":{self.hold(snapshot)},{text[1:]}'

    def state(self, request):
        return self.with_world(self.snapshot(request), lambda held: encode(View(held.restore()).state))

    def drop(self, request):
        """Forget the `handles`, or all of them; `{"handles": how many are left}`."""
        handles = request.get("handles")
        if handles is None:
            self.handles.clear()
            os.chdir(self.home)
            empty(self.home)
        else:
            for handle in handles:
                self.handles.pop(handle, None)
        return encode({"handles": len(self.handles)})

    def batch(self, request):
        return "[" + ",".join(map(self.answer, request["requests"])) + "]"

    def run(self, request):
        """Run programs on copies of one snapshot; a list with one outcome a program tried."""
        snapshot, outcomes = self.snapshot(request), []
        first, programs = request.get("mode", "first_success") == "first_success", request["programs"]
        for number, steps in enumerate(programs):
            last_one = number == len(programs) - 1
            text, ended = self.run_one(request, snapshot, steps, not first or last_one)
            outcomes.append(text)
            if first and ended:
                break
        return "[" + ",".join(outcomes) + "]"

    def run_one(self, request, snapshot, steps, always):
        """(outcome of one program, whether no other need be tried); the world after it is told of then, or `always`."""
        keep, shared = request.get("keep"), isinstance(snapshot, Shared)
        asked = request.get("observe") or request.get("digest") or request.get("query")

        def ran(held):
            program = Program(self, steps, request.get("stop_on_error", True))
            program.run(held)
            outcome, ended = program.outcome(), program.error is None or program.late
            if program.world is not None and asked and (ended or always):
                with Timer(self.limit):
                    outcome.extend(self.extras(request, program.world))
            if program.world is not None and keep and not shared and (ended or always):
                outcome.append(f'"handle":{self.hold(Snapshot(program.world))}')
            made = encode(program.made) if keep and shared and program.world is not None else "null"
            return f"{int(ended)}{made}\n" + "{" + ",".join(outcome) + "}"

        text = self.with_world(snapshot, ran)
        head, _, outcome = text.partition("\n")
        ended = head[0] == "1"
        if keep and shared and (ended or always) and head[1:] != "null":
            calls = (*snapshot.calls, *map(tuple, _loads(head[1:])))
            outcome = f'{outcome[:-1]},"handle":{self.hold(Shared(snapshot.reset, calls))}}}'
        return outcome, ended

    def extras(self, request, world):
        """What was asked about the world after a program, as members of its outcome."""
        view = View(world)
        if request.get("observe") == "digest":
            yield f'"observe":"{digest(plain(view.observed(), ()))}"'
        elif request.get("observe"):
            yield '"observe":' + encode(view.observed())
        if request.get("digest"):
            yield f'"digest":"{digest(view.state)}"'
        if request.get("query"):
            yield '"query":' + encode({pattern: expand(view.state, pattern) for pattern in request["query"]})


class Program:
    """Steps run one after the other on one copy of a snapshot."""

    def __init__(self, worker, steps, stop_on_error):
        self.worker, self.steps, self.stop = worker, steps, stop_on_error
        self.world = None
        self.texts, self.parsed, self.arguments, self.places = [], {}, [], []
        self.made, self.shares, self.refers = [], False, False
        self.instead = {}
        self.error = self.reason = None
        self.late = False

    def run(self, snapshot):
        """Run every step. After a time limit or a reference that cannot be resolved, `world` is None or as it was."""
        step = {}
        try:
            with Timer(self.worker.limit):
                self.world, self.shares = snapshot.restore(), isinstance(snapshot, Made)
                for number, step in enumerate(self.steps):
                    self.step(number, step)
                    if self.error is not None and self.stop:
                        return
        except Unresolved as error:
            self.fail(len(self.texts), f"`{step.get('call')}`: {error}")
        except TimeLimit:
            Timer.stop()
            self.world = None  # it may be half changed
            text = f"`{step.get('call')}` did not return within {self.worker.limit:g} s"
            self.late = True
            self.fail(len(self.texts), text)
            self.texts.append(encode({"error": text}))

    def fail(self, number, reason):
        if self.error is None:
            self.error, self.reason = number, reason

    def step(self, number, step):
        """Resolve the arguments, call the tool, keep the text of its result."""
        arguments = step.get("args") or {}
        refs = step.get("refs")
        if refs:
            resolved = {}
            for pointer, ref in refs.items():
                resolved[pointer], value = pick(self.result(ref["step"]), ref)
                put(arguments, pointer, _loads(encode(value)) if isinstance(value, (list, dict)) else value)
            self.arguments.append(encode(arguments))
            self.places.append(encode(resolved))
            self.refers = True
        else:
            self.arguments.append("null")
            self.places.append("null")
        if "instead" in step:
            self.instead[number] = [self.elsewhere(step.get("call"), arguments, leaves) for leaves in step["instead"]]
        if self.shares:
            self.made.append([step.get("call"), encode(arguments)])
        text, message = self.call(step.get("call"), arguments, self.world)
        self.texts.append(text)
        if message is not None:
            self.fail(number, message)

    def elsewhere(self, name, arguments, leaves):
        """The text of the result that the call would give with other `leaves`, on a copy of the world."""
        other = deepcopy(arguments)
        for pointer, value in leaves.items():
            put(other, pointer, value)
        if self.shares:
            return apart(self.worker.ticket, lambda: self.in_time(name, other))
        return self.call(name, other, copy_of(self.world))[0]

    def in_time(self, name, arguments):
        """As `call`, in a process of its own, where the timer of the program does not run."""
        try:
            with Timer(self.worker.limit):
                return self.call(name, arguments, self.world)[0]
        except TimeLimit:
            Timer.stop()
            return encode({"error": f"`{name}` did not return within {self.worker.limit:g} s"})

    def call(self, name, arguments, world):
        """(text of the result, message of its error or None)."""
        if name not in self.worker.tools:
            message = f"unknown tool `{name}`"
        else:
            try:
                result = getattr(world, name)(**arguments)
                text = encode(result)
                if self.worker.rules:
                    result = normalised(self.worker.rules, name, _loads(text))
                    text = encode(result)
                if isinstance(result, dict) and "error" in result:
                    error = result["error"]
                    return text, error if isinstance(error, str) else encode(error)
                return text, None
            except Exception as error:
                message = message_of(error)
        return encode({"error": message}), message

    def result(self, number):
        """The result of an earlier step, parsed once."""
        if number not in self.parsed:
            if not 0 <= number < len(self.texts):
                raise Unresolved(f"step {number} has no result yet")
            self.parsed[number] = _loads(self.texts[number])
        return self.parsed[number]

    def outcome(self):
        """Members of the outcome; those that say nothing are left out."""
        told = ['"results":[' + ",".join(self.texts) + "]"]
        if self.refers:
            told += ['"args":[' + ",".join(self.arguments) + "]", '"at":[' + ",".join(self.places) + "]"]
        elif len(self.arguments) != len(self.texts):
            told.append(f'"made":{len(self.arguments)}')
        if self.error is not None:
            told += ['"error":' + encode(self.error), '"reason":' + encode(self.reason)]
        if self.late:
            told.append('"late":true')
        if self.instead:
            tried = (f'"{number}":[{",".join(texts)}]' for number, texts in self.instead.items())
            told.append('"instead":{' + ",".join(tried) + "}")
        return told


def message_of(error):
    """An exception in words: its own, with its type where they say nothing by themselves."""
    text = _ADDRESS.sub("", str(error))
    if text and not isinstance(error, KeyError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# The process


class Timer:
    """Raises TimeLimit in the body after `seconds`, and again every second for code that swallows it.

    The one that catches it calls `stop`: it may have come while the body was left. A clock of the process ticks from the first body on until
    `rest`, and looks whether the time of the present one is over: bodies of microseconds do not start and stop it.
    """

    deadline = 0.0
    """Of the present body; 0 outside of any."""
    ticks = False
    charged = 0.0
    """When the limit of processor time was last moved on."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        now = time.monotonic()
        if not Timer.ticks:
            Timer.ticks = True
            signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        if not now - Timer.charged < CHARGED:
            Timer.charged = now
            used = resource.getrusage(resource.RUSAGE_SELF)
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            limit = int(used.ru_utime + used.ru_stime + CPU * (self.seconds + CHARGED)) + 2
            resource.setrlimit(resource.RLIMIT_CPU, (limit if hard < 0 else min(limit, hard), hard))
        Timer.deadline = now + self.seconds

    def __exit__(self, *_):
        Timer.deadline = 0.0

    @staticmethod
    def stop():
        Timer.deadline = 0.0

    @staticmethod
    def rest():
        """Stop the clock: the process waits for what it is asked next."""
        Timer.stop()
        if Timer.ticks:
            Timer.ticks = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @staticmethod
    def fire(_signal, _frame):
        now = time.monotonic()
        if Timer.deadline and now >= Timer.deadline:
            Timer.deadline = now + 1.0
            raise TimeLimit


def is_method(cls, name):
    method = getattr(cls, name, None)
    return callable(method) and not isinstance(method, type)


def parameters_of(cls, name):
    """What a method takes: `{"may": names or None for any, "must": names}`; None when only calling it could tell."""
    method = next(vars(owner)[name] for owner in cls.__mro__ if name in vars(owner))
    if not isinstance(method, type(parameters_of)) or hasattr(method, "__wrapped__"):
        return None
    code, takes_any = method.__code__, 0x08
    names = code.co_varnames[1:code.co_argcount + code.co_kwonlyargcount]
    positional = code.co_varnames[1:code.co_argcount - len(method.__defaults__ or ())]
    return {"may": None if code.co_flags & takes_any else list(names), "must": list(positional)}


def load_class(folder, target):
    """The class `module:Class`, its module from `folder` or the environment. Raises Failure."""
    module_name, _, class_name = target.partition(":")
    sys.path.insert(0, folder)
    sys.path_hooks.insert(0, source_hook(folder))
    sys.path_importer_cache.clear()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise Failure("import", f"{type(error).__name__}: {error}", error) from error
    beside = folder + os.sep + module_name.partition(".")[0]
    if os.access(beside + ".py", os.F_OK) and not (getattr(module, "__file__", None) or "").startswith(beside):
        raise Failure("import", f"the module `{module_name}` of the recipe has the name of another module of Python")
    cls = getattr(module, class_name, None)
    if not isinstance(cls, type):
        classes = [name for name, item in vars(module).items() if isinstance(item, type)]
        raise Failure("class", "\n".join([class_name, *classes]))
    return cls


def source_hook(folder):
    """A path hook that compiles the recipe's modules afresh: bytecode is neither written beside them nor believed."""

    class SourceLoader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname):
            path = self.get_filename(fullname)
            return self.source_to_code(self.get_data(path), path)

    def hook(path):
        if path != folder and not path.startswith(folder + os.sep):
            raise ImportError
        extensions = importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES
        return importlib.machinery.FileFinder(path, extensions, (SourceLoader, importlib.machinery.SOURCE_SUFFIXES))

    return hook


def fork(ticket):
    """`os.fork`, where the process may make no other without `ticket` (`confine.py`)."""
    if not ticket:
        return os.fork()
    import ctypes

    numbers = ctypes.c_long(220 if os.uname().machine == "aarch64" else 56), ctypes.c_long(signal.SIGCHLD)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = ctypes.PyDLL(None).syscall(*numbers, ctypes.c_long(0), ctypes.c_long(ticket), ctypes.c_long(0), ctypes.c_long(0))
    if pid:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    if pid < 0:
        raise OSError("the world's process cannot be copied")
    return pid


def is_alone():
    """Whether this process has one thread: a copy has only the one that makes it."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def apart(ticket, function):
    """The text that `function` returns, called in a copy of this process: what it changes is changed there.

    The world of a few megabytes costs a copy of its page tables that way, and is shared until it is written to.
    """
    out, into = os.pipe()
    pid = fork(ticket)
    if not pid:
        Timer.ticks = False  # a copy has no clock yet
        gc.disable()  # a collection would write to every object, and so copy it
        try:
            text = function()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        left = memoryview(text.encode())
        while left:
            left = left[os.write(into, left):]
        os._exit(0)
    os.close(into)
    with open(out, "rb") as answer:
        text = answer.read().decode()
    status = os.waitpid(pid, 0)[1]
    if status:
        end_like(status)
    return text


def end_like(status):
    """End this process as another has ended: the recipe's code has ended the world."""
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL) if os.WTERMSIG(status) != signal.SIGKILL else None
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def empty(folder):
    """Remove what stands in the working directory."""
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def main():
    requests = os.fdopen(os.dup(0), "rb", 1 << 16)
    replies = os.fdopen(os.dup(1), "wb", 0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    atexit.register(Timer.rest)  # after it, nobody hears the clock but the system, which ends the process
    worker = Worker()
    for number, line in enumerate(requests):
        reply = memoryview(f"{number} {worker.answer(_loads(line))}\n".encode())
        Timer.rest()
        while reply:
            reply = reply[replies.write(reply):]
    os._exit(0)


if __name__ == "__main__":
    main()
