"""What is the same in every variant of the travel world: places, currencies, and the pools that people are made from."""

from __future__ import annotations

CITIES = (
    # name, airport, airport's name, country, currency, latitude, longitude, hours from UTC
    ("Atlanta", "ATL", "Hartsfield-Jackson", "United States", "USD", 33.64, -84.43, -5),
    ("Barcelona", "BCN", "El Prat", "Spain", "EUR", 41.30, 2.08, 1),
    ("Berlin", "BER", "Brandenburg", "Germany", "EUR", 52.36, 13.51, 1),
    ("Boston", "BOS", "Logan", "United States", "USD", 42.36, -71.01, -5),
    ("Chicago", "ORD", "O'Hare", "United States", "USD", 41.98, -87.90, -6),
    ("Denver", "DEN", "Denver International", "United States", "USD", 39.86, -104.67, -7),
    ("Dublin", "DUB", "Collinstown", "Ireland", "EUR", 53.43, -6.24, 0),
    ("Edinburgh", "EDI", "Turnhouse", "United Kingdom", "GBP", 55.95, -3.37, 0),
    ("Geneva", "GVA", "Cointrin", "Switzerland", "CHF", 46.24, 6.11, 1),
    ("Hamburg", "HAM", "Helmut Schmidt", "Germany", "EUR", 53.63, 9.99, 1),
    ("Lisbon", "LIS", "Humberto Delgado", "Portugal", "EUR", 38.78, -9.14, 0),
    ("London", "LHR", "Heathrow", "United Kingdom", "GBP", 51.47, -0.45, 0),
    ("Lyon", "LYS", "Saint-Exupéry", "France", "EUR", 45.73, 5.08, 1),
    ("Madrid", "MAD", "Barajas", "Spain", "EUR", 40.47, -3.56, 1),
    ("Milan", "MXP", "Malpensa", "Italy", "EUR", 45.63, 8.72, 1),
    ("Munich", "MUC", "Franz Josef Strauss", "Germany", "EUR", 48.35, 11.79, 1),
    ("Nice", "NCE", "Côte d'Azur", "France", "EUR", 43.66, 7.22, 1),
    ("Osaka", "KIX", "Kansai", "Japan", "JPY", 34.43, 135.24, 9),
    ("Paris", "CDG", "Charles de Gaulle", "France", "EUR", 49.01, 2.55, 1),
    ("Rome", "FCO", "Fiumicino", "Italy", "EUR", 41.80, 12.24, 1),
    ("Seattle", "SEA", "Sea-Tac", "United States", "USD", 47.45, -122.31, -8),
    ("Tokyo", "NRT", "Narita", "Japan", "JPY", 35.76, 140.39, 9),
    ("Vienna", "VIE", "Schwechat", "Austria", "EUR", 48.11, 16.57, 1),
    ("Zurich", "ZRH", "Kloten", "Switzerland", "CHF", 47.46, 8.55, 1),
)

RATES = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CHF": 0.88, "JPY": 149.0}
"""Units of each currency for one US dollar."""

SERVICE, REBOOKING, BAG = 9, 35, 28
"""What a booking, a change of its day and each bag cost, in US dollars."""

METERS = {"mi": 1609.344, "km": 1000.0, "nmi": 1852.0}
CABINS = {"economy": 1.0, "premium": 1.6, "business": 2.9}
"""Cabin to its multiple of the economy fare."""

CARRIERS = ("Northline", "Alba Air", "Meridian", "Corvo", "Skylark", "Vela")
AIRCRAFT = ("Airbus A320", "Airbus A220", "Boeing 737", "Embraer E195")

HOTEL_FIRST = ("Aurora", "Belmont", "Cedar", "Cosmo", "Delphi", "Foxglove", "Granada", "Juniper", "Lumen", "Magnolia",
               "Mistral", "Nova", "Orion", "Palma", "Regent", "Sirius", "Tivoli", "Vesper")
HOTEL_LAST = ("Hotel {}", "{} Suites", "{} Palace", "Villa {}")

# First names start with a consonant, so that no French sentence has to elide before one.
FIRST_NAMES = ("Bruno", "Carla", "Clara", "Daniel", "Dora", "Felix", "Gabriel", "Jonas", "Julia", "Karim", "Laura",
               "Leila", "Lucas", "Mara", "Marco", "Nadia", "Nora", "Paul", "Rosa", "Samir", "Sofia", "Tara", "Victor", "Zoe")
LAST_NAMES = ("Bauer", "Castro", "Dubois", "Fischer", "Garcia", "Keller", "Lambert", "Marin", "Novak", "Petit", "Rossi",
              "Santos", "Tanaka", "Vidal", "Weber", "Young")
TIERS = ("blue", "silver", "gold")
SEATS = ("window", "middle", "aisle")

# Words that English and French share, as people name their appointments.
EVENT_TITLES = ("Badminton", "Barbecue", "Brunch", "Budget", "Coaching", "Concert", "Football", "Golf", "Interview",
                "Judo", "Karaoke", "Marketing", "Massage", "Pilates", "Podcast", "Tennis", "Workshop", "Yoga")
NOTES = ("Gate B12, 17:40", "Bistro Lumen, 19:30", "Terminal 3, zone C", "Bus 42, 18:10", "Parking P3, zone B",
         "Taxi 06:15", "Wi-Fi: maple2214", "Brunch 11:00, Café Mistral")
