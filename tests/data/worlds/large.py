"""A world of megabytes."""

import os
import random
import time


class LargeWorld:
    def __init__(self, state, seed, now):
        self.seed, self.made = seed, 0
        if state is None:
            pick = random.Random(seed)
            state = {"flights": {f"F{n:05}": {"flight_id": f"F{n:05}", "to": pick.choice(["Rome", "Oslo", "Lyon"]),
                                              "price": pick.randrange(900), "seats": pick.randrange(2, 90), "airline": f"Air {n % 40}",
                                              "status": "on time", "date": f"2026-03-{n % 28 + 1:02}"} for n in range(20_000)},
                     "bookings": {}}
        if state.get("broken"):
            raise ValueError("no such depot")
        self.flights, self.bookings = state["flights"], state["bookings"]

    def state(self):
        return {"flights": self.flights, "bookings": self.bookings}

    def observe(self):
        return {"bookings": self.bookings}

    def profile(self):
        return {"flights": len(self.flights)}

    def find(self, to):
        return {"flights": [flight for flight in self.flights.values() if flight["to"] == to][:3]}

    def book(self, flight_id):
        flight = self.flights[flight_id]
        flight["seats"] -= 1
        self.made += 1
        booking = f"B{random.Random(f'{self.seed} {self.made}').randrange(10**6)}"
        self.bookings[booking] = flight_id
        return {"booking_id": booking, "seats": flight["seats"]}

    def hang(self):
        time.sleep(60)

    def leave(self):
        os._exit(7)

    def fork(self):
        os.fork()
