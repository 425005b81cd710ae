"""Weather: where places are, and what it was, is and will be like there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import asin, cos, radians, sin, sqrt
from typing import Any

from places import CITIES, NAMESAKES

Result = dict[str, Any]
PLACES = (*CITIES, *NAMESAKES)
EARTH_KM = 6371.0088
NEAR_KM = 50
MOST_DAYS = 30
LEVELS = ((20, "good"), (40, "fair"), (60, "moderate"), (80, "poor"), (100, "very poor"))


class Weather:
    today: str
    city: str

    def get_user_current_date(self) -> str:
        return self.today

    def get_user_current_location(self) -> str:
        return self.city

    def get_historical_temp(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._past(start_date, end_date), _temperature)

    def get_historical_rain(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._past(start_date, end_date), _rain)

    def get_historical_snow(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._past(start_date, end_date), _snow)

    def get_snow_forecast(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._future(start_date, end_date), _snow)

    def get_current_snow(self, latitude: float, longitude: float, current_date: str) -> Result:
        return _series(latitude, longitude, self._now(current_date), _snow)

    def get_current_temp(self, latitude: float, longitude: float, current_date: str) -> Result:
        return _series(latitude, longitude, self._now(current_date), _temperature)

    def get_latitude_longitude(self, name: str) -> Result:
        """The largest place of the name; under `results` at most three, that one first."""
        found = sorted((place for place in PLACES if place[0].lower() == name.strip().lower()), key=lambda place: -place[5])
        if not found:
            raise ValueError(f"There is no place called {name}.")
        results = [{"name": place[0], "latitude": place[2], "longitude": place[3], "country_code": place[1]} for place in found[:3]]
        return {**results[0], "results": results}

    def get_elevation(self, latitude: float, longitude: float) -> Result:
        return {"elevation": [float(_nearest(latitude, longitude)[4])]}

    def get_temp_forecast(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._future(start_date, end_date), _temperature)

    def get_rain_forecast(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._future(start_date, end_date), _rain)

    def get_current_rain(self, latitude: float, longitude: float, current_date: str) -> Result:
        return _series(latitude, longitude, self._now(current_date), _rain)

    def get_distance(self, latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
        return round(_kilometers(float(latitude1), float(longitude1), float(latitude2), float(longitude2)), 2)

    def get_historical_air_quality_index(self, latitude: float, longitude: float, start_date: str, end_date: str) -> Result:
        return _series(latitude, longitude, self._past(start_date, end_date), _air)

    def get_current_air_quality_index(self, latitude: float, longitude: float, current_date: str) -> Result:
        return _series(latitude, longitude, self._now(current_date), _air)

    def get_air_quality_level(self, air_quality_index: float) -> str:
        return next((level for most, level in LEVELS if float(air_quality_index) <= most), "extremely poor")

    @staticmethod
    def _city_names() -> list[Result]:
        """Places that share their name with no other."""
        return [{"name": place[0]} for place in CITIES]

    @staticmethod
    def _station_places() -> list[Result]:
        """Stations in sight of no place, of which only the coordinates are known."""
        return [{"latitude": round(place[2] - 3.5, 2), "longitude": round(place[3] + 4.25, 2)} for place in CITIES]

    def _past(self, start: str, end: str) -> list[date]:
        days = _days(start, end)
        if days[-1] >= _date(self.today):
            raise ValueError("start_date and end_date should be earlier than the current date")
        return days

    def _future(self, start: str, end: str) -> list[date]:
        days = _days(start, end)
        if days[0] <= _date(self.today):
            raise ValueError("start_date and end_date should be later than the current date")
        return days

    def _now(self, day: str) -> list[date]:
        if _date(day) != _date(self.today):
            raise ValueError(f"{day} is not the current date")
        return [_date(day)]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text} is not a date; write YYYY-MM-DD") from None


def _days(start: str, end: str) -> list[date]:
    first, last = _date(start), _date(end)
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise ValueError(f"end_date should be 0 to {MOST_DAYS} days after start_date: split a longer range")
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _kilometers(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance (haversine)."""
    half = (sin(radians(latitude2 - latitude1) / 2) ** 2
            + cos(radians(latitude1)) * cos(radians(latitude2)) * sin(radians(longitude2 - longitude1) / 2) ** 2)
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def _nearest(latitude: float, longitude: float) -> tuple:
    here = float(latitude), float(longitude)
    place = min(PLACES, key=lambda other: _kilometers(*here, other[2], other[3]))
    if _kilometers(*here, place[2], place[3]) > NEAR_KM:
        raise ValueError(f"There is no weather station within {NEAR_KM} km of {here[0]}, {here[1]}.")
    return place


def _series(latitude: float, longitude: float, days: list[date], read: Callable[[tuple, date], dict[str, float]]) -> Result:
    place = _nearest(latitude, longitude)
    values = [read(place, day) for day in days]
    units = {name: UNITS[name] for name in values[0]}
    return {"latitude": place[2], "longitude": place[3], "daily_units": {"time": "iso8601", **units},
            "daily": {"time": [day.isoformat() for day in days], **{name: [value[name] for value in values] for name in values[0]}}}


UNITS = {"temperature_2m_max": "°C", "temperature_2m_min": "°C", "temperature_2m_mean": "°C", "rain_sum": "mm", "snowfall_sum": "cm",
         "european_aqi_pm2_5": "EAQI"}


@lru_cache(maxsize=4096)
def _chances(place: tuple, day: date) -> bytes:
    return blake2b(f"{place[0]}/{place[1]}/{day.isoformat()}".encode(), digest_size=8).digest()


def _mean(place: tuple, day: date) -> int:
    """Tenths of a degree: between summer and winter on a straight line, with a deviation of the day's own."""
    since_winter = (day.timetuple().tm_yday - (15 if place[2] >= 0 else 197)) % 365
    season = 1000 - 2000 * min(since_winter, 365 - since_winter) // 182
    return place[6] - place[7] * season // 1000 + (_chances(place, day)[0] - 128) * 40 // 128


def _temperature(place: tuple, day: date) -> dict[str, float]:
    mean, chances = _mean(place, day), _chances(place, day)
    return {"temperature_2m_max": (mean + 15 + chances[1] % 40) / 10, "temperature_2m_min": (mean - 15 - chances[2] % 40) / 10,
            "temperature_2m_mean": mean / 10}


def _fallen(place: tuple, day: date) -> int:
    """What falls, in tenths of a millimeter of water."""
    chances = _chances(place, day)
    return chances[4] * chances[5] // 256 + 1 if chances[3] % 100 < place[8] else 0


def _rain(place: tuple, day: date) -> dict[str, float]:
    return {"rain_sum": _fallen(place, day) / 10 if _mean(place, day) > 5 else 0.0}


def _snow(place: tuple, day: date) -> dict[str, float]:
    return {"snowfall_sum": _fallen(place, day) * 7 // 10 / 10 if _mean(place, day) <= 5 else 0.0}


def _air(place: tuple, day: date) -> dict[str, float]:
    return {"european_aqi_pm2_5": max(3, place[9] + _chances(place, day)[6] % 30 - 15)}
