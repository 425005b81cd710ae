"""The BFCL backends of `bfcl_eval` behind one face, each with a small initial configuration made from a seed.

The tools are the methods of the package's own classes; this module makes where they start. Needs `bfcl_eval`, `mpmath` and
the standard library.
"""

import copy
import inspect
import json
import random
from decimal import Decimal

import mpmath
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.gorilla_file_system import GorillaFileSystem
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.math_api import MathAPI
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.message_api import MessageAPI
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.posting_api import TwitterAPI
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.ticket_api import TicketAPI
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.trading_bot import TradingBot
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.travel_booking import TravelAPI
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.vehicle_control import VehicleControlAPI

BACKENDS = (GorillaFileSystem, MathAPI, MessageAPI, TwitterAPI, TicketAPI, TradingBot, TravelAPI, VehicleControlAPI)


class ToolsWorld:
    """All backends. Each of their public methods is a tool, set on this class below."""

    def __init__(self, state, seed, now):
        state = state if state is not None else {"seed": seed, "configs": initial_configs(seed), "calls": []}
        self._seed, self._configs, self._calls = seed, state["configs"], []
        minting = {"random_seed": seed} if seed != state["seed"] else {}
        self._backends = {cls.__name__: _load(cls, self._configs.get(cls.__name__, {}) | minting) for cls in BACKENDS}
        for name, arguments in state["calls"]:
            try:
                self.call(name, arguments)
            except Exception:  # an exception is a call's result, and it may have changed something first
                pass

    def call(self, name, arguments):
        """The result of a tool as JSON: high-precision numbers become floats. Every call is kept, since each may draw."""
        self._calls.append([name, copy.deepcopy(arguments)])
        result = getattr(self._backends[OWNERS[name]], name)(**arguments)
        return json.loads(json.dumps(result, default=_plain))

    def state(self):
        """Where all began, and what has been called since: calling it again leads here."""
        return copy.deepcopy({"seed": self._seed, "configs": self._configs, "calls": self._calls})

    def observe(self):
        """The public attributes of each backend, which the official checker compares."""
        return {name: json.loads(json.dumps(_public(backend), default=_plain)) for name, backend in self._backends.items()}

    def snapshot(self):
        """An independent copy. Configurations never change: backends have copies of their own."""
        other = object.__new__(ToolsWorld)
        other.__dict__.update(self.__dict__)
        other._calls, other._backends = list(self._calls), copy.deepcopy(self._backends)
        return other


def _delegate(name):
    """A method of the world that calls the tool `name` of its backend."""

    def tool(self, **arguments):
        return self.call(name, arguments)

    tool.__name__ = name
    return tool


OWNERS = {name: cls.__name__ for cls in BACKENDS for name, _ in inspect.getmembers(cls, inspect.isfunction)
          if not name.startswith("_")}
for _name in OWNERS:
    setattr(ToolsWorld, _name, _delegate(_name))


def _load(cls, config):
    backend = cls()
    if cls is not MathAPI:
        backend._load_scenario(copy.deepcopy(config))
    return backend


def _public(backend):
    return {name: value for name, value in sorted(vars(backend).items()) if not name.startswith("_")}


def _plain(value):
    """What JSON does not know: numbers of high precision, sets of ids, and the items of the file system."""
    if isinstance(value, (Decimal, mpmath.mpf)):
        return float(value)
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "contents"):
        return value.contents
    return value.content


def initial_configs(seed):
    """A car to drive, a market that is open, and the package's defaults for the rest."""
    rng = random.Random(f"bfcl_tools/{seed}")
    minting = {cls.__name__: {"random_seed": rng.randrange(1_000_000)} for cls in (MessageAPI, TradingBot, TravelAPI)}
    minting["TradingBot"]["market_status"] = "Open"
    return minting | {"VehicleControlAPI": {
        "random_seed": rng.randrange(1_000_000),
        "fuelLevel": float(rng.randrange(5, 21)),
        "frontLeftTirePressure": float(rng.randrange(28, 36)),
        "frontRightTirePressure": float(rng.randrange(28, 36)),
        "rearLeftTirePressure": float(rng.randrange(28, 36)),
        "rearRightTirePressure": float(rng.randrange(28, 36)),
    }}
