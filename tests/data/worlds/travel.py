"""A world with everything of the contract: state, observe, profile; flights to search and book, minted ids."""

import random


class TravelWorld:
    def __init__(self, state, seed, now):
        draw = random.Random(seed)
        if state is None:
            flights = {
                f"F{number}": {"flight_id": f"F{number}", "to": city, "price": draw.randrange(100, 900)}
                for number, city in enumerate(["Kraków", "Lyon", "Oslo", "Lyon", "Lyon"])
            }
            state = {"flights": flights, "bookings": {}, "minted": 0, "profile": {"name": "Zoë"}}
        self.data, self.seed, self.now = state, seed, now

    def state(self):
        return self.data

    def observe(self):
        return {"bookings": self.data["bookings"]}

    def profile(self):
        return self.data["profile"]

    def search_flights(self, destination):
        flights = [flight for flight in self.data["flights"].values() if flight["to"] == destination]
        return {"flights": flights} if flights else {"error": f"no flight to {destination}"}

    def book_flight(self, flight_id, seats=1):
        flight = self.data["flights"][flight_id]
        self.data["minted"] += 1
        booking = f"B{random.Random(str((self.seed, self.data['minted']))).randrange(10**6):06}"
        self.data["bookings"][booking] = {"flight": flight_id, "seats": seats, "price": flight["price"]}
        return {"booking_id": booking, "price": flight["price"]}

    def cancel_booking(self, booking_id):
        if booking_id not in self.data["bookings"]:
            raise ValueError(f"unknown booking {booking_id}")
        del self.data["bookings"][booking_id]
        return {"cancelled": booking_id}
