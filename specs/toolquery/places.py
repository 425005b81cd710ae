"""Places of our own: where they are, how high, and what the weather is like there. Where a real one has the name, nothing else is its own."""

CITIES = [
    ("Brackwater", "GB", 53.12, -2.41, 41, 312000, 98, 72, 46, 28),
    ("Tarn Hollow", "GB", 54.87, -3.36, 173, 48000, 81, 70, 58, 14),
    ("Port Ebba", "SE", 58.31, 12.02, 9, 92000, 74, 95, 44, 16),
    ("Kvarnby", "SE", 62.44, 17.21, 36, 51000, 41, 128, 40, 11),
    ("Velmora", "IT", 44.06, 11.18, 212, 204000, 141, 98, 33, 37),
    ("Sant Orlo", "ES", 41.88, 2.27, 96, 118000, 152, 84, 26, 33),
    ("Dunmere", "IE", 53.02, -8.11, 22, 64000, 102, 52, 62, 17),
    ("Altenried", "AT", 47.21, 11.93, 618, 38000, 72, 110, 45, 22),
    ("Grauwald", "DE", 50.93, 9.42, 244, 87000, 93, 96, 41, 26),
    ("Rosenfurt", "DE", 48.61, 12.18, 377, 141000, 90, 102, 38, 31),
    ("Mareille", "FR", 45.37, 4.92, 181, 265000, 124, 94, 34, 35),
    ("Clairbourg", "FR", 48.74, 6.31, 223, 73000, 106, 92, 42, 25),
    ("Ostrova", "CZ", 49.61, 17.82, 262, 156000, 88, 108, 39, 44),
    ("Belgrava", "PL", 51.83, 19.36, 187, 421000, 84, 112, 36, 52),
    ("Lindholt", "DK", 56.22, 9.71, 52, 59000, 84, 82, 45, 18),
    ("Harmonie Bay", "CA", 45.11, -64.28, 18, 33000, 71, 120, 43, 9),
    ("Eagle Narrows", "US", 46.71, -114.03, 962, 46000, 76, 124, 29, 24),
    ("Sablewood", "US", 38.92, -91.14, 151, 88000, 131, 130, 31, 38),
    ("Cinder Flats", "US", 34.66, -111.94, 1284, 61000, 172, 118, 12, 41),
    ("Palmetto Quay", "US", 28.11, -81.63, 29, 197000, 226, 58, 39, 30),
    ("Kitasawa", "JP", 43.52, 142.61, 118, 102000, 72, 134, 37, 19),
    ("Hoshimura", "JP", 35.31, 137.24, 88, 188000, 154, 114, 38, 43),
    ("Karrabul", "AU", -33.41, 149.36, 861, 44000, 131, 92, 27, 12),
    ("Te Aramoa", "NZ", -40.73, 175.58, 63, 29000, 126, 56, 40, 8),
    ("Qasr Nadir", "EG", 29.34, 30.83, 24, 233000, 224, 84, 2, 68),
    ("Monte Sereno", "BR", -21.22, -45.02, 914, 97000, 194, 38, 37, 29),
]
"""Name, country, latitude and longitude (degrees), elevation (m), inhabitants, mean temperature and how far summer and
winter are from it (tenths of a degree), days with rain or snow (%), air quality index."""

NAMESAKES = [
    ("Ashford", "GB", 51.38, 0.92, 58, 121000, 104, 70, 41, 27),
    ("Ashford", "US", 41.42, -79.71, 402, 17000, 85, 122, 40, 21),
    ("Ashford", "AU", -29.32, 151.11, 566, 2900, 168, 88, 28, 9),
    ("Linden", "DE", 50.12, 7.98, 212, 42000, 97, 90, 40, 28),
    ("Linden", "US", 40.13, -83.06, 267, 11000, 109, 128, 37, 34),
    ("Fairhaven", "NZ", -43.29, 172.18, 104, 21000, 114, 66, 31, 10),
    ("Fairhaven", "US", 47.93, -121.62, 66, 95000, 104, 74, 48, 20),
    ("San Telmo", "AR", -34.91, -60.18, 78, 67000, 166, 86, 28, 26),
    ("San Telmo", "ES", 37.62, -5.28, 131, 52000, 183, 96, 20, 32),
]
"""Places that share their name with another."""
