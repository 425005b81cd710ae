"""Shown: a recipe's tools, calls and results as a presentation shows them, and read back from there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from magnetc.ir.json import Json, wire
from magnetc.ir.presentation import KEPT, PLAIN, Names, Presentation
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import FunctionSignature, Parameter
from magnetc.ir.spec import Spec
from magnetc.ir.types import ListOf, MapOf, Record, TypeExpr

_NAME = re.compile(r"(`?)\b([^\W\d]\w*)\b\1")


class Shown:
    """One presentation of a spec. `name`, `text`, `arguments` and `result` show; `read_…` are their inverses."""

    def __init__(self, spec: Spec, presentation: Presentation = PLAIN):
        self.spec, self.presentation = spec, presentation
        self._orders = dict(presentation.orders)
        self._tools, self._real_tools = _both(presentation.tools)
        self._parameters, self._real_parameters = _both(presentation.parameters)
        self._results, self._real_results = _both(presentation.results)
        self._renames = bool(presentation.tools or presentation.parameters or presentation.results)
        self._texts: dict[str, str] = {}

    def name(self, tool: str) -> str:
        return self._tools.get(tool, tool)

    def read_name(self, shown: str) -> str:
        """The tool that is shown by this name. Raises ValueError where a tool of this name is shown by another one."""
        if shown in self._tools:
            raise ValueError(f"`{shown}` is shown by another name")
        return self._real_tools.get(shown, shown)

    def parameter(self, name: str) -> str:
        return self._parameters.get(name, name)

    def text(self, tool: str) -> str:
        """The tool as a model is shown it, as JSON text. Raises LookupError for a tool that the recipe does not have."""
        if tool not in self._texts:
            plain = not self._renames and tool not in self._orders
            self._texts[tool] = self.spec.tool_texts[tool] if plain else wire(tool_schema(self.signature(tool), self.spec.type_table))
        return self._texts[tool]

    def texts(self, tools: Iterable[str]) -> str:
        """Offered tools as JSON text: a string survives Arrow without null-filled keys."""
        return "[" + ",".join(self.text(tool) for tool in tools) + "]"

    def signature(self, tool: str) -> FunctionSignature:
        """The tool with shown names and order; mentions of names in its descriptions too. Its result type stays."""
        declared = self.spec.tool[tool]
        parameters = [self._parameter(declared, declared.parameter(name)) for name in self.order(tool)]
        schema = declared.schema and wire(self._outlined(json.loads(declared.schema), declared))
        return replace(declared, name=self.name(tool), parameters=tuple(parameters), schema=schema,
                       description=self._reworded(declared.description, declared))

    def order(self, tool: str) -> tuple[str, ...]:
        """The tool's parameters in the order shown, by their real names."""
        return self._orders.get(tool) or tuple(parameter.name for parameter in self.spec.tool[tool].parameters)

    def _parameter(self, tool: FunctionSignature, parameter: Parameter | None) -> Parameter:
        if parameter is None:
            raise ValueError(f"the parameters of `{tool.name}` are shown in an order that has others")
        if not self._renames:
            return parameter
        schema = parameter.schema and wire(self._described(json.loads(parameter.schema), tool))
        return replace(parameter, name=self.parameter(parameter.name), schema=schema,
                       description=self._reworded(parameter.description, tool))

    def _outlined(self, schema: Json, tool: FunctionSignature) -> Json:
        """What a JSON Schema says of the parameters together, by their shown names."""
        if not self._renames or not isinstance(schema, dict):
            return schema
        named: dict[str, Json] = {}
        for key, value in schema.items():
            if key == "required":
                value = [self.parameter(name) for name in value]
            elif key in ("properties", "dependentSchemas"):
                value = {self.parameter(name): self._outlined(each, tool) if key == "dependentSchemas" else self._described(each, tool)
                         for name, each in value.items()}
            elif key == "dependentRequired":
                value = {self.parameter(name): [self.parameter(each) for each in needed] for name, needed in value.items()}
            elif key in ("allOf", "anyOf", "oneOf"):
                value = [self._outlined(each, tool) for each in value]
            elif key in ("not", "if", "then", "else"):
                value = self._outlined(value, tool)
            else:
                value = self._described({key: value}, tool)[key]
            named[key] = value
        return named

    def _described(self, schema: Json, tool: FunctionSignature) -> Json:
        """A JSON Schema with mentions of names in its descriptions reworded."""
        match schema:
            case dict():
                return {key: self._reworded(value, tool) if key == "description" and isinstance(value, str)
                        else self._described(value, tool) for key, value in schema.items()}
            case list():
                return [self._described(value, tool) for value in schema]
            case _:
                return schema

    def _reworded(self, text: str, tool: FunctionSignature) -> str:
        """A description with shown names for those it mentions: in backquotes, or of several words as `flight_id`.

        A name that is one English word says what it means unless it is quoted: "the date of the flight".
        """
        if not self._renames:
            return text
        own = {p.name: self._parameters[p.name] for p in tool.parameters if p.name in self._parameters}
        names = {**self._results, **self._parameters, **self._tools, **own}

        def other(found: re.Match[str]) -> str:
            quote, name = found.groups()
            mentioned = name in names and (quote or "_" in name or not name.islower() or not name.isalpha())
            return f"{quote}{names[name]}{quote}" if mentioned else found[0]

        return _NAME.sub(other, text)

    def arguments(self, tool: str, arguments: Mapping[str, Json]) -> dict[str, Json]:
        """A call's arguments in the order of its parameters as they are shown, under their shown names."""
        if tool not in self.spec.tool:
            return dict(arguments)
        ordered = [name for name in self.order(tool) if name in arguments]
        ordered += [name for name in arguments if name not in ordered]
        return {self.parameter(name): arguments[name] for name in ordered}

    def read_arguments(self, tool: str, shown: Mapping[str, Json]) -> dict[str, Json]:
        """Real names in declared order."""
        arguments = {self._real_parameters.get(name, name): value for name, value in shown.items()}
        declared = self.spec.tool.get(tool)
        ordered = [p.name for p in declared.parameters if p.name in arguments] if declared else []
        return {name: arguments[name] for name in (*ordered, *(name for name in arguments if name not in ordered))}

    def result(self, tool: str, result: Json) -> Json:
        declared = self.spec.tool.get(tool)
        return _renamed(result, declared.returns, self._results) if declared and self._results else result

    def read_result(self, tool: str, shown: Json) -> Json:
        declared = self.spec.tool.get(tool)
        return _read(shown, declared.returns, self._real_results) if declared and self._results else shown

    def read_messages(self, messages: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
        """A row's messages with calls and results in real names."""
        return [self._read_message(message) for message in messages]

    def _read_message(self, message: Mapping[str, Json]) -> dict[str, Json]:
        if message["role"] == "tool":
            name = self.read_name(message["name"])
            return {**message, "name": name, "content": wire(self.read_result(name, json.loads(message["content"])))}
        if message.get("tool_calls"):
            return {**message, "tool_calls": [{**call, "function": self._read_function(call["function"])} for call in message["tool_calls"]]}
        return dict(message)

    def _read_function(self, function: Mapping[str, Json]) -> dict[str, Json]:
        name = self.read_name(function["name"])
        return {**function, "name": name, "arguments": wire(self.read_arguments(name, json.loads(function["arguments"])))}

    def used(self, offered: Iterable[str], calls: Iterable[tuple[str, Mapping[str, Json], Json]]) -> Presentation:
        """What of the presentation stands in a row with these tools and (tool, arguments, result) of its calls."""
        tools, parameters, results = set(offered), set(), set()
        for tool in tools & self.spec.tool.keys():
            parameters.update(parameter.name for parameter in self.spec.tool[tool].parameters)
        for tool, arguments, result in calls:
            tools.add(tool)
            parameters.update(arguments)
            if tool in self.spec.tool:
                _collect(result, self.spec.tool[tool].returns, results)
        whole = self.presentation
        return Presentation(
            orders=tuple((tool, order) for tool, order in whole.orders if tool in tools), tools=_only(whole.tools, tools),
            parameters=_only(whole.parameters, parameters), results=_only(whole.results, results))


def _both(names: Names) -> tuple[dict[str, str], dict[str, str]]:
    return dict(names), {shown: name for name, shown in names}


def _only(names: Names, used: set[str]) -> Names:
    return tuple((name, shown) for name, shown in names if name in used)


def _renamed(value: Json, expr: TypeExpr, names: Mapping[str, str]) -> Json:
    """A result with its declared fields under other names; whatever else it holds stays."""
    match expr:
        case ListOf(items) if isinstance(value, list):
            return [_renamed(item, items, names) for item in value]
        case MapOf(values) if isinstance(value, dict):
            return {key: _renamed(item, values, names) for key, item in value.items()}
        case Record(fields) if isinstance(value, dict):
            types = {item.name: item.type for item in fields}
            return {names.get(key, key) if key in types and key not in KEPT else key:
                    _renamed(item, types[key], names) if key in types else item for key, item in value.items()}
        case _:
            return value


def _read(value: Json, expr: TypeExpr, names: Mapping[str, str]) -> Json:
    """Inverse of `_renamed`: `names` maps shown names to real ones."""
    match expr:
        case ListOf(items) if isinstance(value, list):
            return [_read(item, items, names) for item in value]
        case MapOf(values) if isinstance(value, dict):
            return {key: _read(item, values, names) for key, item in value.items()}
        case Record(fields) if isinstance(value, dict):
            types = {item.name: item.type for item in fields}
            real = {key: names[key] if names.get(key) in types else key for key in value}
            return {real[key]: _read(item, types[real[key]], names) if real[key] in types else item for key, item in value.items()}
        case _:
            return value


def _collect(value: Json, expr: TypeExpr, found: set[str]) -> None:
    """Add the declared fields that stand in a result."""
    match expr:
        case ListOf(items) if isinstance(value, list):
            for item in value:
                _collect(item, items, found)
        case MapOf(values) if isinstance(value, dict):
            for item in value.values():
                _collect(item, values, found)
        case Record(fields) if isinstance(value, dict):
            for field in fields:
                if field.name in value:
                    found.add(field.name)
                    _collect(value[field.name], field.type, found)
        case _:
            return
