"""Going places: airports, flights, bookings and hotels."""

from __future__ import annotations

from typing import Any

from data import BAG, CABINS, REBOOKING, SERVICE
from flights import PARTS, City, Flight, flights_on, unpack
from ids import number_of
from persona import booking_row
from tables import Tables

Result = dict[str, Any]


class Trips(Tables):
    # airports

    def list_airports(self, country: str) -> Result:
        found = [{"airport": city.airport, "city": city.name} for city in self.cities.values() if city.country == country]
        if not found:
            raise ValueError(f"No airport in {country} is served.")
        return {"airports": found}

    def find_airport(self, city: str) -> Result:
        place = self._city(city)
        return {"airport": place.airport, "name": place.airport_name, "country": place.country}

    def get_airport_transfer(self, airport: str) -> Result:
        """Train times and fares are made from the coordinates: any fixed numbers would do, these are believable."""
        city = next((city for city in self.cities.values() if city.airport == airport), None)
        if city is None:
            raise ValueError(f"{airport} is not an airport in this network.")
        spread = int(abs(city.latitude * 100) + abs(city.longitude * 100))
        fare = float(round((4 + spread % 17) * self.rates[city.currency]))
        return {"minutes": 15 + spread % 11 * 5, "fare": fare, "currency": city.currency}

    # flights

    def search_flights(self, origin: str, destination: str, date: str, part_of_day: str | None = None,
                       cabin: str = "economy") -> Result:
        start, end, day = self._city(origin), self._city(destination), self._day(date)
        if start is end:
            raise ValueError("Origin and destination are the same city.")
        flights = self._schedule(start, end, day, cabin)
        if part_of_day is not None:
            if part_of_day not in PARTS:
                raise ValueError(f"{part_of_day} is not a part of the day; use morning, afternoon or evening.")
            part = PARTS.index(part_of_day)
            flights = [flight for flight in flights if flight.slot // 2 == part]
        return {"currency": start.currency, "flights": [{
            "flight_id": self._id("flight", flight.number), "departs": flight.departure, "arrives": flight.arrival,
            "price": flight.price,
            **self._more(f"flight {flight.number}", carrier=flight.carrier, aircraft=flight.aircraft, meal="included", refundable=False),
        } for flight in flights]}

    def get_flight_details(self, flight_id: str) -> Result:
        flight = self._flight(flight_id)
        return {"carrier": flight.carrier, "aircraft": flight.aircraft, "minutes": flight.minutes,
                "seats_left": flight.seats_left}

    def hold_seat(self, flight_id: str) -> Result:
        flight = self._flight(flight_id)
        hold_id = self._add("hold", {"flight": flight.number})
        return {"hold_id": hold_id, "until": self._date(1), "destination": flight.destination.name}

    # bookings

    def book_flight(self, flight_id: str, passenger: str) -> Result:
        return self._book(self._flight(flight_id), passenger)

    def confirm_hold(self, hold_id: str, passenger: str) -> Result:
        key, hold = self._find("hold", hold_id)
        result = self._book(self._flight_numbered(hold["flight"]), passenger)
        del self.holds[key]
        return result

    def list_bookings(self) -> Result:
        kept = [(number, row) for number, row in self.bookings.items() if row["status"] == "confirmed"]
        if not kept:
            raise ValueError("There are no bookings yet.")
        return {"bookings": [{"booking_id": self._id("booking", number), "city": row["destination"],
                              "date": row["date"], **self._more(f"booking {number}", passenger=row["passenger"], channel="web")}
                             for number, row in kept[-4:]]}

    def get_booking(self, booking_id: str) -> Result:
        _, row = self._find("booking", booking_id)
        return {name: row[name] for name in ("origin", "destination", "date", "departs", "cabin", "bags", "price",
                                             "currency", "status")}

    def change_booking_date(self, booking_id: str, date: str) -> Result:
        key, row = self._open_booking(booking_id)
        if date == row["date"]:
            raise ValueError("The booking is for that day already.")
        day = self._day(date)
        flights = self._schedule(self._city(row["origin"]), self._city(row["destination"]), day, row["cabin"])
        flight = min(flights, key=lambda other: abs(other.slot - row["slot"]))
        fee = self._in(row["currency"], REBOOKING)
        self._pay(fee, row["currency"])
        self.bookings[key] = {**row, "date": date, "departs": flight.departure, "slot": flight.slot}
        return {"date": date, "departs": flight.departure, "fee": fee, "currency": row["currency"]}

    def add_baggage(self, booking_id: str, bags: int) -> Result:
        key, row = self._open_booking(booking_id)
        if not 1 <= bags <= 3 or row["bags"] + bags > 4:
            raise ValueError(f"A booking has at most 4 bags; this one has {row['bags']}.")
        fee = self._in(row["currency"], BAG * bags)
        self._pay(fee, row["currency"])
        self.bookings[key] = {**row, "bags": row["bags"] + bags}
        return {"bags": row["bags"] + bags, "fee": fee, "currency": row["currency"]}

    def cancel_booking(self, booking_id: str) -> Result:
        key, row = self._open_booking(booking_id)
        self.bookings[key] = {**row, "status": "cancelled"}
        refund = float(round(row["price"] * 0.8))
        self._pay(-refund, row["currency"])
        return {"refund": refund, "currency": row["currency"]}

    # hotels

    def search_hotels(self, city: str, stars: int = 3) -> Result:
        place = self._city(city)
        return {"currency": place.currency, "hotels": [{
            "hotel_id": self._id("hotel", number), "name": hotel["name"], "stars": hotel["stars"],
            "nightly_rate": hotel["rate"],
            **self._more(f"hotel {number}", breakfast="buffet", parking="on request", pets=False, wifi=True),
        } for number, hotel in enumerate(self.hotels) if hotel["city"] == city and hotel["stars"] >= stars]}

    def quote_stay(self, hotel_id: str, nights: int) -> Result:
        hotel = self._hotel(hotel_id)
        return {"total": self._stay(hotel, nights), "currency": self._city(hotel["city"]).currency}

    def book_hotel(self, hotel_id: str, check_in: str, nights: int, guest: str) -> Result:
        hotel = self._hotel(hotel_id)
        self._day(check_in)
        total, currency = self._stay(hotel, nights), self._city(hotel["city"]).currency
        account = self._pay(total, currency)
        reservation_id = self._add("reservation", {
            "hotel": hotel["name"], "city": hotel["city"], "check_in": check_in, "nights": nights, "guest": guest,
            "total": total, "currency": currency, "status": "confirmed"})
        return {"reservation_id": reservation_id, "hotel": hotel["name"], "check_in": check_in, "total": total,
                "currency": currency, "account": account}

    def cancel_hotel(self, reservation_id: str) -> Result:
        key, row = self._find("reservation", reservation_id)
        if row["status"] != "confirmed":
            raise ValueError("This reservation is cancelled already.")
        self.reservations[key] = {**row, "status": "cancelled"}
        self._pay(-row["total"], row["currency"])
        return {"refund": row["total"], "currency": row["currency"]}

    # shared

    def _schedule(self, start: City, end: City, day: int, cabin: str) -> list[Flight]:
        if cabin not in CABINS:
            raise ValueError(f"{cabin} is not a cabin; use economy, premium or business.")
        weekday = (self.today.weekday() + day) % 7
        return flights_on(self.fixed["salt"], start, end, day, weekday, cabin, self.rates[start.currency])

    def _flight(self, flight_id: str) -> Flight:
        number = number_of(self.seed, "flight", flight_id)
        flight = None if number is None else self._flight_numbered(number)
        if flight is None:
            raise ValueError(f"There is no flight with the id {flight_id}.")
        return flight

    def _flight_numbered(self, number: int) -> Flight | None:
        origin, destination, day, slot, cabin = unpack(number)
        places = list(self.cities.values())
        if max(origin, destination) >= len(places) or origin == destination or day > 360:
            return None
        schedule = self._schedule(places[origin], places[destination], day, cabin)
        return next((flight for flight in schedule if flight.slot == slot), None)

    def _book(self, flight: Flight, passenger: str) -> Result:
        date = self._date(flight.day)
        for row in self.bookings.values():
            if row["date"] == date and row["slot"] == flight.slot and row["status"] == "confirmed":
                raise ValueError(f"{passenger} is on another flight at that time.")
        currency = flight.origin.currency
        price = flight.price + round(SERVICE * self.rates[currency])
        account = self._pay(price, currency)
        booking_id = self._add("booking", booking_row(flight, date, price, passenger))
        return {"booking_id": booking_id, "destination": flight.destination.name, "date": date,
                "departs": flight.departure, "price": price, "currency": currency, "account": account}

    def _open_booking(self, booking_id: str) -> tuple[str, Result]:
        key, row = self._find("booking", booking_id)
        if row["status"] != "confirmed":
            raise ValueError("This booking is cancelled.")
        return key, row

    def _hotel(self, hotel_id: str) -> Result:
        number = number_of(self.seed, "hotel", hotel_id)
        if number is None or number >= len(self.hotels):
            raise ValueError(f"There is no hotel with the id {hotel_id}.")
        return self.hotels[number]

    def _stay(self, hotel: Result, nights: int) -> float:
        if not 1 <= nights <= 30:
            raise ValueError("A stay is 1 to 30 nights.")
        return float(round(hotel["rate"] * nights * (0.9 if nights >= 7 else 1.0)))

    def _in(self, currency: str, dollars: float) -> float:
        return float(round(dollars * self.rates[currency]))
