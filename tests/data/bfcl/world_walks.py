"""Random walks in the BFCL world, run by a Python that has `bfcl_eval`: python world_walks.py RECIPE_FOLDER.

After each call, right or wrong, the state must restore the world exactly: same state, same listing, same ids minted next.
Prints what was covered, as JSON.
"""

import json
import random
import sys

sys.path.insert(0, sys.argv[1])
from world import BfclWorld

NOW = "2026-03-02T09:00:00Z"


def canonical(value):
    return json.dumps(value, sort_keys=True)


def calls(world, rng, step):
    """A call drawn among those that change something, the odd ones included."""
    here, travel = world.state()["here"], world.state()["TravelAPI"]

    def one(key, other="nothing"):
        return rng.choice(here[key] or [other])

    token, card = travel["access_token"], one("cards")
    return rng.choice([
        ("cd", {"folder": one("doors")}),
        ("cd", {"folder": ".."}),
        ("mkdir", {"dir_name": f"new{step}"}),
        ("touch", {"file_name": f"new{step}.txt"}),
        ("echo", {"content": f"line {step}", "file_name": one("files")}),
        ("rm", {"file_name": one("folders")}),
        ("mv", {"source": one("files"), "destination": one("destinations")}),
        ("mv", {"source": one("folders"), "destination": rng.choice([f"moved{step}", one("folders")])}),
        ("cp", {"source": one("files"), "destination": one("destinations")}),
        ("cp", {"source": one("folders"), "destination": rng.choice([f"copy{step}", one("folders")])}),
        ("book_flight", {"access_token": token, "card_id": card, "travel_date": "2026-05-01", "travel_from": "SFO",
                         "travel_to": "BOS", "travel_class": "economy"}),
        ("register_credit_card", {"access_token": token, "card_number": str(step), "expiration_date": "1/2030",
                                  "cardholder_name": "A B", "card_verification_number": 123}),
        ("authenticate_travel", {"client_id": "a", "client_secret": "b", "refresh_token": "c", "grant_type": "read",
                                 "user_first_name": "A", "user_last_name": "B"}),
        ("cancel_booking", {"access_token": token, "booking_id": one("bookings")}),
        ("unknown_argument", {}),
    ])


def attempt(world, name, arguments):
    try:
        return json.loads(json.dumps(getattr(world, name)(**arguments)))
    except Exception as error:
        return {"error": str(error)}


def restored(world):
    """The world from its state as a file would hold it, keys sorted."""
    state = world.state()
    return BfclWorld(json.loads(canonical(state)), state["seed"], NOW)


def walk(seed, steps, covered):
    world, rng = BfclWorld(None, seed, NOW), random.Random(seed)
    for step in range(steps):
        name, arguments = calls(world, rng, step)
        before, copy = canonical(world.state()), world.snapshot()
        result = attempt(world, name, arguments)
        covered[name] = covered.get(name, 0) + ("error" not in (result or {}))
        assert canonical(copy.state()) == before, f"{name} changed a snapshot"
        other = restored(world)
        assert canonical(other.state()) == canonical(world.state()), name
        assert canonical(other.observe()) == canonical(world.observe()), name
        for look in (("ls", {"a": True}), ("pwd", {}), ("find", {}), ("du", {}), MINT):
            assert attempt(other.snapshot(), *look) == attempt(world.snapshot(), *look), (name, look)
        covered["shared"] = covered.get("shared", 0) + ("graph" in world.state()["private"])
        world = rng.choice([world, other])


MINT = ("authenticate_travel", {"client_id": "a", "client_secret": "b", "refresh_token": "c", "grant_type": "read",
                                "user_first_name": "A", "user_last_name": "B"})


def main():
    covered = {}
    for seed in range(12):
        walk(seed, 40, covered)
    first = BfclWorld(None, 3, NOW)
    assert canonical(first.state()) == canonical(BfclWorld(None, 3, NOW).state())
    other = BfclWorld(first.state(), 4, NOW)
    assert attempt(first.snapshot(), *MINT) != attempt(other, *MINT)
    assert canonical(first.state()["GorillaFileSystem"]) == canonical(other.state()["GorillaFileSystem"])
    trees = {canonical(BfclWorld(None, seed, NOW).state()["GorillaFileSystem"]) for seed in range(8)}
    sys.stdout.write(json.dumps({"covered": covered, "trees": len(trees)}))


main()
