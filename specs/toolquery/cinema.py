"""Movies: who made them, who is in them, and what is known of both."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any

from movies import COMPANIES, COUNTRIES, GENRES, MOVIES, PEOPLE

Result = dict[str, Any]
MOST = 10


class Cinema:
    seed: int

    def get_search_movie(self, movie_name: str) -> Result:
        number = _search([movie["title"] for movie in MOVIES], movie_name, "movie")
        return {"id": self._movie_id(number), "overview": MOVIES[number]["overview"], "title": MOVIES[number]["title"]}

    def get_movie_details(self, movie_id: str) -> Result:
        movie = self._movie(movie_id)
        genres = [{"id": GENRES[name], "name": name} for name in movie["genres"]]
        return {"title": movie["title"], "budget": movie["budget"], "genres": genres, "revenue": movie["revenue"],
                "vote_average": movie["vote_average"], "release_date": movie["release_date"]}

    def get_movie_production_companies(self, movie_id: str) -> Result:
        return {"production_companies": [{"name": name, "origin_country": COMPANIES[name]} for name in self._movie(movie_id)["companies"]]}

    def get_movie_production_countries(self, movie_id: str) -> Result:
        codes = sorted({COMPANIES[name] for name in self._movie(movie_id)["companies"]})
        return {"production_countries": [{"iso_3166_1": code, "name": COUNTRIES[code]} for code in codes]}

    def get_movie_cast(self, movie_id: str) -> Result:
        return {"cast": [{"id": self._person_id(_number(name)), "name": name, "character": character}
                         for name, character in self._movie(movie_id)["cast"][:MOST]]}

    def get_movie_crew(self, movie_id: str) -> Result:
        return {"crew": [{"id": self._person_id(_number(name)), "name": name, "job": job} for name, job in self._movie(movie_id)["crew"][:MOST]]}

    def get_movie_keywords(self, movie_id: str) -> Result:
        return {"keywords": list(self._movie(movie_id)["keywords"])}

    def get_search_person(self, person_name: str) -> Result:
        number = _search([person[0] for person in PEOPLE], person_name, "person")
        return {"id": self._person_id(number), "name": PEOPLE[number][0]}

    def get_person_details(self, person_id: str) -> Result:
        name, birthday, place, biography, *_ = self._person(person_id)
        return {"name": name, "biography": biography, "birthday": birthday, "place_of_birth": place}

    def get_person_cast(self, person_id: str) -> Result:
        name = self._person(person_id)[0]
        return {"cast": [{"id": self._movie_id(number), "title": movie["title"], "character": character}
                         for number, movie in enumerate(MOVIES) for who, character in movie["cast"] if who == name][:MOST]}

    def get_person_crew(self, person_id: str) -> Result:
        name = self._person(person_id)[0]
        return {"crew": [{"id": self._movie_id(number), "title": movie["title"], "job": job}
                         for number, movie in enumerate(MOVIES) for who, job in movie["crew"] if who == name][:MOST]}

    def get_person_external_ids(self, person_id: str) -> Result:
        *_, imdb, facebook, instagram, twitter = self._person(person_id)
        return {"imdb_id": imdb, "facebook_id": facebook, "instagram_id": instagram, "twitter_id": twitter}

    def get_movie_alternative_titles(self, movie_id: str) -> Result:
        titles = [{"iso_3166_1": country, "title": title, "type": kind} for country, title, kind in self._movie(movie_id)["titles"]]
        return {"id": movie_id, "titles": titles}

    def get_movie_translation(self, movie_id: str) -> Result:
        return {"id": movie_id, "translations": [
            {"iso_3166_1": country, "iso_639_1": language, "english_name": name, "data": {"overview": overview}}
            for country, language, name, overview in self._movie(movie_id)["translations"]]}

    @staticmethod
    def _movie_titles() -> list[Result]:
        return [{"title": movie["title"]} for movie in MOVIES]

    @staticmethod
    def _person_names() -> list[Result]:
        return [{"name": person[0]} for person in PEOPLE]

    def _movie_id(self, number: int) -> str:
        return _ids(self.seed, "movie", len(MOVIES))[number]

    def _person_id(self, number: int) -> str:
        return _ids(self.seed, "person", len(PEOPLE))[number]

    def _movie(self, movie_id: str) -> dict[str, Any]:
        return MOVIES[_found(_ids(self.seed, "movie", len(MOVIES)), movie_id, "movie")]

    def _person(self, person_id: str) -> tuple:
        return PEOPLE[_found(_ids(self.seed, "person", len(PEOPLE)), person_id, "person")]


@lru_cache(maxsize=64)
def _ids(seed: int, kind: str, count: int) -> tuple[str, ...]:
    """Ids of six digits, of another seed others; those of movies are even, those of people odd: no id is of both."""
    made: list[str] = []
    for number in range(count):
        value = int.from_bytes(blake2b(f"{seed}/{kind}/{number}".encode(), digest_size=8).digest()) % 400_000 * 2 + 100_000 + (kind == "person")
        while str(value) in made:
            value = (value - 100_000 + 2) % 800_000 + 100_000
        made.append(str(value))
    return tuple(made)


def _found(ids: tuple[str, ...], given: str, what: str) -> int:
    if str(given) not in ids:
        raise ValueError(f"There is no {what} with the id {given}.")
    return ids.index(str(given))


def _search(names: list[str], wanted: str, what: str) -> int:
    """The name that is the one looked for, else the first that has it in it."""
    text = wanted.strip().lower()
    found = [number for number, name in enumerate(names) if name.lower() == text] or [
        number for number, name in enumerate(names) if text and text in name.lower()]
    if not found:
        raise ValueError(f"No {what} called {wanted} was found.")
    return found[0]


def _number(name: str) -> int:
    return next(number for number, person in enumerate(PEOPLE) if person[0] == name)
