"""A simulated world, as a class that the worker runs: one file, standard library only, for any Python from 3.9 on.

`plan.json` beside it is what `plan.py` found out of the tools. A world holds entities by kind and id, each the fields that any tool
gives or tells of it. What no tool has given is drawn from a hash of what it is a value of: the same question has the same answer.
Ids that tools make depend on the seed as well, and nothing else does.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

expressions = re.sre_parse if hasattr(re, "sre_parse") else re._parser  # pyright: ignore[reportAttributeAccessIssue]  # the name before Python 3.11

PLAN = json.loads(Path(__file__).with_name("plan.json").read_text(encoding="utf-8"))
TYPES, TOOLS, KINDS = PLAN["types"], PLAN["tools"], PLAN["kinds"]

MOST = 5
"""Entities that a list tells of."""

DAYS = (1, 40)
WORDS = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Falcon", "Garnet", "Harbor", "Indigo", "Juniper", "Kestrel", "Larch", "Maple",
         "North", "Opal", "Pine", "Quartz", "River", "Summit", "Tulip")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Refused(Exception):
    """A call that the world does not accept, with words that say why."""


def number(low, high, *key):
    """A whole number in [low, high], fixed by `key`."""
    text = "\x1f".join(json.dumps(part, sort_keys=True) for part in key)
    return low + int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") % (high - low + 1)


def one_of(values, *key):
    return values[number(0, len(values) - 1, *key)]


# Values


def scalar(name, field, now, key):
    """A value of the entity type or primitive `name`, for a field called `field`."""
    entity = TYPES.get(name, {"base": name})
    base = entity["base"]
    if entity.get("values"):
        return one_of(entity["values"], *key)
    if entity.get("pattern"):
        return matching(entity["pattern"], key)
    if base == "boolean":
        return True
    if base in ("integer", "number"):
        return quantity(entity, base, key)
    if base == "object":
        return {}
    return text(entity, field, now, key)


def quantity(entity, base, key):
    low, high = entity.get("minimum"), entity.get("maximum")
    low = 1 if low is None else low
    high = low + (20 if base == "integer" else 400) if high is None else high
    step = entity.get("step") or (1 if base == "integer" else 0.5)
    value = low + step * number(0, max(int((high - low) / step + 1e-9), 0), *key)
    return int(value) if base == "integer" or value == int(value) else round(value, 6)


def text(entity, field, now, key):
    form = entity.get("format")
    low, high = entity.get("days") or DAYS
    day = (date.fromisoformat(now[:10]) + timedelta(days=number(low, high, "day", *key))).isoformat()
    half = number(16, 40, "clock", *key)
    clock = f"{half // 2:02d}:{30 * (half % 2):02d}"
    words = [one_of(WORDS, "first", *key), one_of(WORDS, "second", *key)]
    made = {"date": day, "time": clock, "datetime": f"{day}T{clock}", "email": f"{words[0]}.{words[1]}@example.org".lower(),
            "uri": f"https://example.org/{words[0]}-{words[1]}".lower()}
    if form in made:
        return made[form]
    last = field.rpartition("_")[2]
    return " ".join(words) if last in ("", "name", "title", "label", "subject") else f"{words[0]} {last}"


def matching(pattern, key):
    """A text that a regular expression matches, repeats and choices fixed by `key`."""
    return "".join(_matching(expressions.parse(pattern), [0], key))


def _matching(parsed, count, key):
    for what, how in parsed:
        count[0] += 1
        here = (*key, count[0])
        name = str(what)
        if name == "LITERAL":
            yield chr(how)
        elif name == "ANY":
            yield one_of(LETTERS, *here)
        elif name == "IN":
            yield one_of(_members(how), *here)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, body = how
            for _ in range(number(least, min(int(most), least + 6), *here)):
                yield from _matching(body, count, key)
        elif name == "SUBPATTERN":
            yield from _matching(how[-1], count, key)
        elif name == "BRANCH":
            yield from _matching(one_of(how[1], *here), count, key)


def _members(parts):
    """Characters of a class, the letters and digits of them where it has any."""
    found = []
    for what, how in parts:
        if str(what) == "LITERAL":
            found.append(chr(how))
        elif str(what) == "RANGE":
            found += map(chr, range(how[0], how[1] + 1))
        elif str(what) == "CATEGORY":
            found += "0123456789" if "DIGIT" in str(how) else LETTERS
    plain = "".join(found)
    return plain if parts[0][0] is not expressions.NEGATE else [one for one in LETTERS if one not in plain] or ["_"]


def problem(value, expr, at):
    """What keeps an argument from being of its type; None when nothing does."""
    if "list" in expr:
        if not isinstance(value, list):
            return f"`{at}` is not a list"
        return next(filter(None, (problem(item, expr["list"], at) for item in value)), None)
    if "type" not in expr:
        return None if isinstance(value, dict) else f"`{at}` is not an object"
    entity = TYPES.get(expr["type"], {"base": expr["type"]})
    fits = {"string": str, "boolean": bool, "integer": int, "number": (int, float), "object": dict}[entity["base"]]
    if not isinstance(value, fits) or (isinstance(value, bool) and entity["base"] in ("integer", "number")):
        return f"`{at}` is not of the type {entity['base']}"
    if entity.get("enum") and value not in entity["enum"]:
        return f"`{at}` is none of {', '.join(map(str, entity['enum']))}"
    low, high = entity.get("minimum"), entity.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        return f"`{at}` is not between {low} and {high}"
    if entity.get("pattern") and not re.search(entity["pattern"], str(value)):
        return f"`{at}` is not of the form {entity['pattern']}"
    return None


OPERATORS = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
             ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


# The world


class Engine:
    """`data`: `entities` by kind and id, `events` (what was written that is no entity), how many ids were `minted`, and what all
    answers are drawn from (`salt`). `$from` of an entity is what its fields are drawn from: never an id, which the seed decides."""

    def __init__(self, state, seed, now):
        self.seed, self.now = seed, now
        self.data = state or {"entities": {kind: {} for kind in KINDS}, "events": [], "minted": 0, "salt": seed}
        if state is None:
            self.begin()

    def begin(self):
        """Make the entities that are there from the start: all of them before their fields, which may name others."""
        for kind in KINDS:
            for position, fields in enumerate(KINDS[kind]["initial"]):
                identity = self.id_of(kind, "initial", self.data["salt"], position)
                self.data["entities"][kind][str(identity)] = {"$from": [kind, position], **fields}
        for kind, entities in self.data["entities"].items():
            for record in entities.values():
                for field in KINDS[kind]["fields"]:
                    self.field(kind, record, field)

    def mint(self, kind):
        self.data["minted"] += 1
        return self.id_of(kind, "minted", self.seed, self.data["minted"])

    def id_of(self, kind, *key):
        """An id of a kind that no entity has yet."""
        there, again = self.data["entities"].get(kind, ()), 0
        while True:
            made = (kind, *key, again)
            entity = TYPES[kind]
            if entity.get("pattern"):
                identity = matching(entity["pattern"], made)
            elif entity["base"] == "string":
                letters = "".join(word[0] for word in re.findall("[A-Z][a-z]*", kind[:-2] if kind.endswith("Id") else kind))
                identity = f"{letters.upper() or 'X'}-{number(0, 16 ** 6 - 1, *made):06X}"
            else:
                identity = number(1000, 999_999, *made)
            if str(identity) not in there:
                return identity
            again += 1

    def field(self, kind, record, name):
        """A field of an entity, drawn when no tool gave it; told alike ever after."""
        if name not in record:
            record[name] = self.value(KINDS[kind]["fields"][name], name, (record["$from"], name))
        return record[name]

    def value(self, expr, name, key):
        """A value of a type expression; one that only tools make is that of an entity there is."""
        if "type" in expr:
            kind = TYPES.get(expr["type"], {}).get("kind")
            if kind is None:
                return scalar(expr["type"], name, self.now, (self.data["salt"], *key))
            there = list(self.data["entities"].get(kind, ()))
            return self.typed(kind, one_of(there, *key)) if there else self.id_of(kind, *key)
        if "list" in expr:
            return [self.value(expr["list"], name, (*key, n)) for n in range(number(1, 3, *key))]
        if "map" in expr:
            return {WORDS[n].lower(): self.value(expr["map"], name, (*key, n)) for n in range(2)}
        return {field["name"]: self.value(field["type"], field["name"], (*key, field["name"]))
                for field in expr["record"] if not field.get("optional")}

    def typed(self, kind, identity):
        """An id as its type has it; keys of the state are text."""
        return identity if TYPES[kind]["base"] == "string" else int(identity)

    # Calls

    def call(self, name, arguments):
        """What a tool does. An exception is its error."""
        tool = TOOLS[name]
        given = self.accepted(tool, arguments)
        return getattr(self, tool["does"])(name, tool, given, [name, self.stable(tool, given)])

    def accepted(self, tool, arguments):
        """Arguments with defaults. Raises Refused for those that no call of the tool may have."""
        known = {parameter["name"]: parameter for parameter in tool["parameters"]}
        for name, value in arguments.items():
            if name not in known:
                raise Refused(f"there is no parameter `{name}`")
            if value is None and not known[name]["required"]:
                continue
            wrong = problem(value, known[name]["type"], name)
            if wrong:
                raise Refused(wrong)
            self.look_up(known[name].get("kind"), value)
        for name, parameter in known.items():
            if parameter["required"] and name not in arguments:
                raise Refused(f"`{name}` is missing")
        given = {name: arguments.get(name, parameter.get("default")) for name, parameter in known.items()}
        for left, operator, right, literal in tool["where"]:
            values = given.get(left), json.loads(right) if literal else given.get(right)
            if None not in values and not OPERATORS[operator](*values):
                raise Refused(f"`{left}` has to be {operator} `{right}`")
        return {name: value for name, value in given.items() if value is not None}

    def look_up(self, kind, value):
        """Refuse an id that nothing has."""
        for identity in value if isinstance(value, list) else [value]:
            if kind is not None and str(identity) not in self.data["entities"][kind]:
                raise Refused(f"there is no {KINDS[kind]['called']} {identity}")

    def stable(self, tool, given):
        """Arguments without ids: in place of one, what its entity is drawn from."""
        kinds = {parameter["name"]: parameter.get("kind") for parameter in tool["parameters"]}

        def origin(kind, value):
            if isinstance(value, list):
                return [origin(kind, item) for item in value]
            return value if kind is None else self.data["entities"][kind][str(value)]["$from"]

        return {name: origin(kinds[name], value) for name, value in given.items()}

    def create(self, name, tool, given, key):
        kind = tool["of"]
        identity = self.mint(kind)
        record = self.data["entities"][kind][str(identity)] = {"$from": key, **KINDS[kind]["new"], **stored(tool, given)}
        return self.told(tool["returns"], Told(kind, identity, record, given, key))

    def read(self, name, tool, given, key):
        record = dict(self.data["entities"][tool["of"]][str(given[tool["by"]])])
        return self.told(tool["returns"], Told(tool["of"], given[tool["by"]], record, given, key))

    def update(self, name, tool, given, key):
        record = self.data["entities"][tool["of"]][str(given[tool["by"]])]
        changes = {**stored(tool, given), **tool["sets"]}
        record.update(changes)
        if not changes:
            record["$done"] = [*record.get("$done", ()), name]
        return self.told(tool["returns"], Told(tool["of"], given[tool["by"]], record, given, key))

    def delete(self, name, tool, given, key):
        record = self.data["entities"][tool["of"]].pop(str(given[tool["by"]]))
        return self.told(tool["returns"], Told(tool["of"], given[tool["by"]], record, given, key))

    def list(self, name, tool, given, key):
        """Entities that have the values of those arguments that are fields of theirs, the newest of them; where a result has place
        for one, the newest."""
        kind = tool["of"]
        found = [(identity, record) for identity, record in self.data["entities"][kind].items()
                 if all(self.field(kind, dict(record), field) == given[parameter]
                        for parameter, field in tool["filters"].items() if parameter in given)]
        if tool["many"]:
            return self.told(tool["returns"], Told(kind, None, {}, given, key, found[-MOST:]))
        if not found:
            raise Refused(f"no {KINDS[kind]['called']} is like that")
        identity, record = found[-1]
        return self.told(tool["returns"], Told(kind, self.typed(kind, identity), dict(record), given, key))

    def answer(self, name, tool, given, key):
        if tool["writes"]:
            self.data["events"].append([name, given])
        return self.told(tool["returns"], Told(None, None, {}, given, key))

    def told(self, expr, of, name=""):
        """A result: of an entity, its fields; of an argument, itself; of neither, drawn."""
        if "record" in expr:
            return {field["name"]: self.told(field["type"], of, field["name"]) for field in expr["record"]
                    if not field.get("optional") or field["name"] in of.record or field["name"] in of.given}
        if of.found is not None and "list" in expr and holds(expr["list"], of.kind):
            return [self.told(expr["list"], Told(of.kind, self.typed(of.kind, identity), dict(record), {}, of.key), name)
                    for identity, record in of.found]
        if "type" in expr and of.identity is not None and TYPES.get(expr["type"], {}).get("kind") == of.kind:
            return of.identity
        if name in of.record:
            return of.record[name]
        if of.identity is not None and name in KINDS[of.kind]["fields"]:
            return self.field(of.kind, of.record, name)
        if name in of.given:
            return of.given[name]
        return self.value(expr, name, (of.record.get("$from"), of.key, name))


class Told:
    """What a result tells of: an entity or several, the call's arguments, and what all else is drawn from."""

    def __init__(self, kind, identity, record, given, key, found=None):
        self.kind, self.identity, self.record, self.given, self.key, self.found = kind, identity, record, given, key, found


def stored(tool, given):
    """Arguments as fields of the entity."""
    return {tool["stores"][name]: value for name, value in given.items() if name in tool["stores"]}


def holds(expr, kind):
    """Whether a type expression has an id of the kind in it."""
    if "type" in expr:
        return TYPES.get(expr["type"], {}).get("kind") == kind
    return any(holds(field["type"], kind) for field in expr.get("record", ()))


class World:
    """As the worker wants it. What is not a tool begins with `_`, or is what every world may have."""

    def __init__(self, state, seed, now):
        self._engine = Engine(state, seed, now)

    def state(self):
        return self._engine.data

    def observe(self):
        return {name: self._engine.data[name] for name in ("entities", "events")}

    def snapshot(self):
        copy = object.__new__(type(self))
        copy._engine = Engine(json.loads(json.dumps(self._engine.data)), self._engine.seed, self._engine.now)
        return copy

    def profile(self):
        salt = self._engine.data["salt"]
        return {name: scalar(kind, name, self._engine.now, ("profile", salt, name)) for name, kind in PLAN["profile"].items()}


def _method(name):
    def method(self, **arguments):
        return self._engine.call(name, arguments)

    return method


Simulation = type("Simulation", (World,), {name: _method(name) for name in TOOLS})
