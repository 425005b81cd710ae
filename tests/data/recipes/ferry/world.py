"""A ferry line: a few ports, some sailings between them, bookings."""

from __future__ import annotations

from copy import deepcopy
from hashlib import sha256

PORTS = {"BGO": "Bergen", "STV": "Stavanger", "HIR": "Hirtshals", "KRS": "Kristiansand", "LAR": "Larvik"}


def _code(*key: object) -> str:
    return sha256(repr(key).encode()).hexdigest()[:6].upper()


class Ferry:
    def __init__(self, state, seed, now):
        self.seed = seed
        if state is None:
            ports = {code: {"code": code, "name": name} for code, name in PORTS.items()}
            codes = list(PORTS)
            sailings = {str(n): {"from": codes[n % 5], "to": codes[(n + 1 + n // 5 % 3) % 5], "fare": 30.0 + 5 * ((n * 7 + seed) % 19),
                                 "left": 1 + (n + seed) % 6, "pier": f"pier {n}" if n % 2 else None} for n in range(30)}
            state = {"ports": ports, "sailings": sailings, "bookings": {}, "minted": 0}
        self.data = deepcopy(state)

    def state(self):
        return self.data

    def observe(self):
        return {name: value for name, value in self.data.items() if name != "minted"}

    def snapshot(self):
        copy = object.__new__(Ferry)
        copy.seed, copy.data = self.seed, deepcopy(self.data)
        return copy

    def list_ports(self):
        return {"ports": list(self.data["ports"].values())}

    def get_pier(self, origin, destination, hour=None):
        codes = {name: code for code, name in PORTS.items()}
        origin, destination = codes.get(origin, origin), codes.get(destination, destination)
        piers = [each["pier"] for each in self.data["sailings"].values() if (each["from"], each["to"]) == (origin, destination)]
        if not piers:
            raise ValueError(f"No ferry goes from {origin} to {destination}.")
        return {"pier": piers[0]}

    def get_fare(self, trip, cabins=()):
        fares = [each["fare"] for each in self.data["sailings"].values() if (each["from"], each["to"]) == (trip["origin"], trip["destination"])]
        extra = min(({"seat": 0.0, "berth": 20.0, "suite": 80.0}[cabin] for cabin in cabins), default=0.0)
        return {"fare": min(fares) + extra if fares else None}

    def find_sailings(self, origin, destination, travellers, vehicle=None):
        extra = {"car": 40.0, "van": 60.0, "bicycle": 5.0}.get(vehicle, 0.0)
        found = [{"sailing_id": "S" + _code(self.seed, number, vehicle), "fare": each["fare"] + extra, "pier": each["pier"]}
                 for number, each in self.data["sailings"].items() if (each["from"], each["to"]) == (origin, destination) and each["left"] >= travellers]
        if not found:
            raise ValueError(f"No ferry takes {travellers} from {origin} to {destination}.")
        return {"sailings": found}

    def book_sailing(self, sailing_id, passengers, cabin, bags=0, contact=None):
        if contact is not None and not {"email"} <= contact.keys() <= {"email", "phone"}:
            raise ValueError("An address is needed.")
        for number, each in self.data["sailings"].items():
            for vehicle, extra in ((None, 0.0), ("car", 40.0), ("van", 60.0), ("bicycle", 5.0)):
                if "S" + _code(self.seed, number, vehicle) == sailing_id:
                    return self._booked(each, passengers, cabin, bags, extra, contact)
        raise ValueError(f"There is no sailing {sailing_id}.")

    def _booked(self, sailing, passengers, cabin, bags, extra, contact):
        self.data["minted"] += 1
        booking_id = "B" + _code(self.seed, "booking", self.data["minted"])
        total = sailing["fare"] * len(passengers) + extra
        self.data["bookings"][booking_id] = {"passengers": passengers, "cabin": cabin, "bags": bags, "total": total, "contact": contact}
        return {"booking_id": booking_id, "total": total, "berth": f"{len(self.data['bookings'])}A" if cabin == "berth" else None}

    def cancel_sailing(self, booking_id):
        booking = self.data["bookings"].pop(booking_id, None)
        if booking is None:
            raise ValueError(f"There is no booking {booking_id}.")
        return {"refund": None if booking["cabin"] == "suite" else booking["total"]}
