"""The BFCL world: the file system and the travel system of `bfcl_eval`, with initial states made from a seed.

The tools are the methods of the package's own backend classes; this module makes the states they start in, saves and
restores what they do, and says what the official checker would compare. Needs `bfcl_eval` and the standard library.
"""

import copy
import inspect
import random
import re
from datetime import date, timedelta

from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.gorilla_file_system import (
    Directory,
    File,
    GorillaFileSystem,
)
from bfcl_eval.eval_checker.multi_turn_eval.func_source_code.travel_booking import TravelAPI

FIRST_NAMES = ["Alba", "Bruno", "Carmen", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko",
               "Lucas", "Mara", "Nadia", "Oscar", "Priya", "Rosa", "Samuel", "Tessa", "Victor"]
LAST_NAMES = ["Almeida", "Bergman", "Castillo", "Duval", "Eriksen", "Ferrara", "Grant", "Hashimoto", "Ivanov", "Jensen",
              "Keller", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Suzuki", "Weber"]
HUBS = ["SFO", "LAX", "JFK", "ORD", "BOS", "RMS"]
TOWNS = ["SBK", "MPC", "SVP", "SHD", "SSV", "OKD", "WLB", "CRH", "ATV", "PHV", "GFD"]

# Folder: extension, file stems, lines. A line has places for a person, a month, a day and two sizes of numbers. None
# holds a parenthesis: the official checker rewrites what looks like a call of a tool, inside quoted text as well.
THEMES = {
    "reports": ("txt", ["annual_summary", "budget_review", "market_outlook", "quarterly_sales", "risk_register",
                        "staffing_plan", "supplier_audit", "travel_expenses"],
                ["Revenue rose by {n} percent in {m}.", "The budget was approved by {p}.",
                 "Revenue is expected to reach {n} million by {m}.", "Open risk: the supplier is late by {k} days.",
                 "Total expenses came to {n} thousand dollars.", "{p} will present the budget in {m}.",
                 "The forecast for {m} was revised by {p}."]),
    "notes": ("md", ["board_meeting", "brainstorm", "client_call", "kickoff", "one_on_one", "retrospective",
                     "standup", "workshop"],
              ["# Meeting with {p}", "- action: {p} sends the draft by {m}", "- budget left: {n} hours",
               "- decision: postpone the launch to {m}", "- action: book a room for {n} people",
               "- risk: {p} is away in {m}", "- next meeting on {m} {d}"]),
    "logs": ("log", ["backup", "deploy", "gateway", "mailer", "nightly_build", "scheduler", "storage", "sync"],
             ["INFO service started in {n} ms", "ERROR connection lost after {n} seconds",
              "WARNING disk usage at {n} percent", "INFO user {p} signed in", "ERROR timeout while waiting for {p}",
              "INFO backup finished with {n} files", "WARNING retry number {k}"]),
    "data": ("csv", ["customers", "inventory", "measurements", "orders", "prices", "ratings", "shipments", "survey"],
             ["north,{n},{m}", "south,{n},{m}", "east,{n},{m}", "west,{n},{p}", "central,{n},{p}", "north,{n},{p}"]),
    "research": ("txt", ["abstract", "bibliography", "experiment_log", "findings", "hypotheses", "interview_guide",
                         "methods", "related_work"],
                 ["The sample has {n} participants.", "The model improved by {n} percent over the baseline.",
                  "{p} reviewed the sample in {m}.", "Result: no effect in group {n}.",
                  "The baseline was measured in {m}.", "Open question raised by {p}."]),
    "recipes": ("txt", ["apple_pie", "bean_soup", "fish_stew", "lemon_cake", "mushroom_risotto", "pancakes",
                        "potato_salad", "tomato_sauce"],
                ["{n} grams of flour", "{n} grams of butter", "Bake for {n} minutes.", "Recipe from {p}.",
                 "Best with vegetables from {m}.", "Add butter and salt, then stir for {n} minutes.",
                 "{k} eggs and a pinch of salt"]),
    "letters": ("txt", ["cover_letter", "invitation", "landlord", "recommendation", "reference_request", "resignation",
                        "thank_you", "welcome"],
                ["Dear {p},", "thank you for your letter of {m} {d}.", "I look forward to meeting you in {m}.",
                 "Please find the {k} documents enclosed.", "Kind regards, {p}",
                 "The apartment is free from {m}.", "Please reply before {m} {d}."]),
    "planning": ("md", ["backlog", "launch", "milestones", "moving_house", "roadmap", "shopping", "sprint", "wedding"],
                 ["- [x] call {p}", "- [ ] order {n} chairs", "- [ ] confirm the deadline in {m}",
                  "- [ ] ask {p} about the deadline", "- [x] send {n} invitations", "- [ ] pay the deposit in {m}"]),
    "finance": ("csv", ["april_costs", "donations", "insurance", "mortgage", "payroll", "receipts", "savings", "taxes"],
                ["rent,{n},{m}", "salary,{n},{p}", "refund,{n},{m}", "transfer,{n},{p}", "rent,{n},{p}",
                 "subscription,{n},{m}"]),
    "training": ("txt", ["hill_repeats", "long_run", "marathon_week", "recovery", "strength", "swimming", "tempo",
                         "trail_run"],
                 ["Warm up for {n} minutes.", "{k} kilometers at an easy pace.", "Race in {m} with {p}.",
                  "Rest day, stretch for {n} minutes.", "Pace was {n} seconds faster than in {m}.",
                  "Long run with {p}."]),
}
NEW_FILES = ["agenda", "appendix", "checklist", "comparison", "contacts", "draft", "extract", "followup", "handover",
             "highlights", "ideas", "index", "key_points", "open_questions", "outline", "overview", "reminders",
             "results", "review", "rough_copy", "schedule", "selection", "shortlist", "summary", "todo", "wrap_up"]
NEW_FOLDERS = ["archive", "attachments", "backup_copy", "completed", "deliverables", "drafts", "exports", "final",
               "inbox", "incoming", "internal", "legacy", "material", "old_versions", "outbox", "pending", "presentation",
               "private", "project_alpha", "references", "shared", "spring_2026", "temp", "to_review", "workspace"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "September", "October", "November"]
STOP_WORDS = {"about", "before", "from", "over", "than", "then", "while", "will", "with", "your"}


class BfclWorld:
    """Both backends behind one face. Each public method of either is a tool, set on this class below."""

    def __init__(self, state, seed, now):
        state = state if state is not None else initial_state(seed, now)
        travel = copy.deepcopy(state["TravelAPI"])
        if seed != state["seed"]:
            travel["random_seed"] = travel_seed(seed)
        self._seed, self._now = seed, now
        self._person = state["person"]
        self._owned = state["owned"]
        self._files = _load_files(state)
        self._travel = _load_travel(travel, state["private"])

    def snapshot(self):
        """A copy by hand of the four fields; what never changes is shared."""
        other = object.__new__(BfclWorld)
        other.__dict__.update(self.__dict__)
        other._files = copy.deepcopy(self._files)
        other._travel = copy.deepcopy(self._travel)
        return other

    def state(self):
        """Everything but times of modification and the cache of costs, which no tool shows.

        `GorillaFileSystem` and `TravelAPI` are initial configurations as BFCL writes them, `private` is what such a
        configuration cannot say, `here` repeats parts of the others as the person using the system would name them.
        """
        files, travel = self._files, self._travel
        config = {"random_seed": travel._random.seeded, **_public(travel)}
        del config["long_context"]
        private = {"at": _path(files), "draws": [list(draw) for draw in travel._random.draws],
                   "cards": list(travel.credit_card_list), "bookings": list(travel.booking_record)}
        if not _is_plain(files):
            private["graph"] = _encode_graph(files)
        return copy.deepcopy({
            "seed": self._seed,
            "GorillaFileSystem": {"root": {files.root.name: _tree(files.root)}},
            "TravelAPI": config,
            "person": self._person,
            "owned": self._owned,
            "private": private,
            "here": self._here(),
        })

    def observe(self):
        """The public attributes of each backend, which the official checker compares, and the current directory."""
        files = {"root": {self._files.root.name: _tree(self._files.root)}, "long_context": self._files.long_context}
        return {"GorillaFileSystem": files, "TravelAPI": copy.deepcopy(_public(self._travel)), "at": _path(self._files)}

    def profile(self):
        """What the agent is told of its user: the name, and the token of the travel session that is open."""
        return {key: self._person[key] for key in ("first_name", "last_name", "access_token")}

    def _here(self):
        """What the user can name now: in the current directory, and of the cards and bookings held from the start."""
        contents = self._files._current_dir.contents
        files = [name for name, item in contents.items() if isinstance(item, File) and not name.startswith(".")]
        folders = [name for name, item in contents.items() if isinstance(item, Directory)]
        extension = files[0].rpartition(".")[2] if files else "txt"
        place = random.Random(f"{self._person['first_name']}/{'/'.join(_path(self._files))}")
        fresh = [f"{stem}.{extension}" for stem in place.sample(NEW_FILES, 8)]
        return {
            "files": files,
            "folders": folders,
            "doors": [name for name in folders if contents[name].contents] + ([".."] if self._files._current_dir.parent else []),
            "empty_folders": [name for name in folders if not contents[name].contents],
            "new_files": [name for name in fresh if name not in contents],
            "new_folders": [name for name in place.sample(NEW_FOLDERS, 8) if name not in contents],
            "destinations": folders + [name for name in fresh[:2] if name not in contents],
            "words": _common_words([contents[name].content for name in files]),
            "stems": _stems(self._files._current_dir),
            "cards": [card for card in self._owned["cards"] if card in self._travel.credit_card_list],
            "bookings": [each for each in self._owned["bookings"] if each in self._travel.booking_record],
        }


def _delegate(backend, name):
    """A method of the world that calls the tool `name` of one of its backends."""

    def tool(self, **arguments):
        return getattr(getattr(self, backend), name)(**arguments)

    tool.__name__ = name
    return tool


for _backend, _class in (("_files", GorillaFileSystem), ("_travel", TravelAPI)):
    for _name, _ in inspect.getmembers(_class, inspect.isfunction):
        if not _name.startswith("_"):
            setattr(BfclWorld, _name, _delegate(_backend, _name))


class Dice(random.Random):
    """A generator that remembers what was drawn, so that its state is a seed and a short list."""

    def __init__(self, seeded, draws=()):
        super().__init__(seeded)
        self.seeded, self.draws = seeded, []
        for low, high in draws:
            self.randint(low, high)

    def randint(self, low, high):
        self.draws.append((low, high))
        return super().randint(low, high)

    def __deepcopy__(self, memo):
        other = Dice(self.seeded)
        other.setstate(self.getstate())
        other.draws = list(self.draws)
        return other


def _load_files(state):
    files = GorillaFileSystem()
    files._load_scenario(copy.deepcopy(state["GorillaFileSystem"]))
    private = state["private"]
    if "graph" in private:
        _decode_graph(files, private["graph"])
    else:
        for name in private["at"]:
            files._current_dir = files._current_dir.contents[name]
    return files


def _load_travel(config, private):
    """Dictionaries are put in the order they had: canonical JSON sorts their keys."""
    travel = TravelAPI()
    travel._load_scenario(config)
    travel._random = Dice(config["random_seed"], private["draws"])
    travel.credit_card_list = {key: travel.credit_card_list[key] for key in private["cards"]}
    travel.booking_record = {key: travel.booking_record[key] for key in private["bookings"]}
    return travel


def _public(backend):
    return {name: value for name, value in vars(backend).items() if not name.startswith("_")}


def _path(files):
    """Names from the root, exclusive, to the current directory."""
    names, directory = [], files._current_dir
    while directory.parent is not None:
        names.append(directory.name)
        directory = directory.parent
    return names[::-1]


def _tree(directory, above=()):
    """The directory as a BFCL configuration. A copy of a folder into itself makes a loop, which is cut."""
    contents, above = {}, (*above, id(directory.contents))
    for name, item in directory.contents.items():
        if isinstance(item, File):
            contents[name] = {"type": "file", "content": item.content}
        elif id(item.contents) not in above:
            contents[name] = _tree(item, above)
    return {"type": "directory", "contents": contents}


def _is_plain(files):
    """Whether tree and path alone restore the file system: names sorted, nothing shared, every parent the true one."""
    seen, pending = {id(files.root)}, [files.root]
    while pending:
        directory = pending.pop()
        if list(directory.contents) != sorted(directory.contents):
            return False
        for item in directory.contents.values():
            if id(item) in seen or (isinstance(item, Directory) and item.parent is not directory):
                return False
            seen.add(id(item))
            if isinstance(item, Directory):
                pending.append(item)
    return id(files._current_dir) in seen


def _encode_graph(files):
    """All objects by number. Moving or copying a folder shares its contents, and leaves children with their old parent."""
    numbers, items, tables = {}, [], {}

    def number(item):
        if item is None:
            return None
        if id(item) not in numbers:
            numbers[id(item)] = len(items)
            items.append(item)
        return numbers[id(item)]

    number(files.root)
    current, encoded = number(files._current_dir), []
    while len(encoded) < len(items):
        item = items[len(encoded)]
        if isinstance(item, File):
            encoded.append({"name": item.name, "content": item.content})
            continue
        first = tables.setdefault(id(item.contents), len(encoded))
        entries = [[name, number(each)] for name, each in item.contents.items()] if first == len(encoded) else first
        encoded.append({"name": item.name, "parent": number(item.parent), "contents": entries})
    return {"items": encoded, "current": current}


def _decode_graph(files, graph):
    encoded = graph["items"]
    items = [File(each["name"], each["content"]) if "content" in each else Directory(each["name"]) for each in encoded]
    for item, each in zip(items, encoded):
        if isinstance(item, Directory):
            item.parent = None if each["parent"] is None else items[each["parent"]]
            if isinstance(each["contents"], int):
                item.contents = items[each["contents"]].contents
            else:
                item.contents.update((name, items[index]) for name, index in each["contents"])
    files.root, files._current_dir = items[0], items[graph["current"]]


def _common_words(contents):
    """Words of at least four letters that stand in two or more of the files, or else in any; at most twelve."""
    counts = {}
    for content in contents:
        for word in dict.fromkeys(re.findall(r"[A-Za-z]{4,}", content)):
            if word.lower() not in STOP_WORDS:
                counts[word] = counts.get(word, 0) + 1
    common = [word for word, count in counts.items() if count > 1] or list(counts)
    return sorted(common, key=lambda word: (-counts[word], word))[:12]


def _stems(directory, above=()):
    """Names without extension of all files below, for a search."""
    stems, above = [], (*above, id(directory.contents))
    for name, item in directory.contents.items():
        if isinstance(item, File):
            stems.append(name.partition(".")[0])
        elif id(item.contents) not in above:
            stems.extend(_stems(item, above))
    return [stem for stem in dict.fromkeys(stems) if stem]


def travel_seed(seed):
    """The seed of what the travel system mints."""
    return random.Random(f"travel/{seed}").randrange(1_000_000)


def initial_state(seed, now):
    """A person with a file tree, credit cards and a few bookings: all from `seed`, dates counted from `now`."""
    rng = random.Random(f"bfcl/{seed}")
    person = _person(rng, date.fromisoformat(now[:10]))
    travel = _travel(rng, seed, person, date.fromisoformat(now[:10]))
    cards, bookings = list(travel["credit_card_list"]), list(travel["booking_record"])
    return {
        "seed": seed,
        "GorillaFileSystem": {"root": {person["first_name"].lower(): _home(rng)}},
        "TravelAPI": travel,
        "person": person,
        "owned": {"cards": cards, "bookings": bookings},
        "private": {"at": [], "draws": [], "cards": cards, "bookings": bookings},
    }


def _person(rng, today):
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    born = date(today.year - rng.randint(24, 68), rng.randint(1, 12), rng.randint(1, 28))
    return {
        "first_name": first,
        "last_name": last,
        "access_token": "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=10)),
        "date_of_birth": born.isoformat(),
        "passport_number": f"US{rng.randint(1_000_000, 9_999_999)}",
        "client_id": f"{last.lower()}_client_{rng.randint(10, 99)}",
        "client_secret": "sec-" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=8)),
        "refresh_token": "rt-" + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=8)),
        "new_card": {"card_number": "4" + "".join(rng.choices("0123456789", k=15)),
                     "expiration_date": f"{rng.randint(1, 12):02d}/{today.year + rng.randint(1, 5)}",
                     "cardholder_name": f"{first} {last}", "card_verification_number": rng.randint(101, 998)},
    }


def _travel(rng, seed, person, today):
    style = rng.choice(["id{:05d}", "card_{:04d}", "card-{:04d}"])
    cards = {}
    for number in rng.sample(range(1000, 9999), rng.randint(2, 3)):
        cards[style.format(number)] = {
            "card_number": "".join(rng.choices("0123456789", k=16)),
            "expiration_date": f"{rng.randint(1, 12):02d}/{today.year + rng.randint(1, 5)}",
            "cardholder_name": f"{person['first_name']} {person['last_name']}",
            "card_verification_number": rng.randint(101, 998),
            "balance": rng.randrange(12_000, 60_000, 50),
        }
    bookings = {}
    for number in rng.sample(range(100, 999), rng.randint(2, 3)):
        travel_class = rng.choice(["economy", "business", "first"])
        bookings[f"booking_{number}"] = {
            "card_id": rng.choice(list(cards)),
            "travel_date": (today + timedelta(days=rng.randint(10, 120))).isoformat(),
            "travel_from": rng.choice(HUBS), "travel_to": rng.choice(TOWNS), "travel_class": travel_class,
            "travel_cost": float(rng.randrange(200, 560, 10) * {"economy": 1, "business": 2, "first": 5}[travel_class]),
            "transaction_id": str(rng.randint(10_000_000, 99_999_999)),
        }
    return {
        "random_seed": travel_seed(seed),
        "credit_card_list": dict(sorted(cards.items())),
        "booking_record": dict(sorted(bookings.items())),
        "access_token": person["access_token"], "token_type": "Bearer", "token_expires_in": 3600,
        "token_scope": "read_write", "user_first_name": person["first_name"], "user_last_name": person["last_name"],
        "budget_limit": rng.choice([None, float(rng.randrange(3000, 9000, 500))]),
    }


def _home(rng):
    """A home directory: four folders by theme, one or two of them with a folder inside, some text files of its own."""
    first, second, *others = rng.sample(sorted(THEMES), 5)
    contents = {name: _folder(rng, name) for name in (second, *others[:2])}
    inner = rng.sample(NEW_FOLDERS, 3)
    nested = contents[second]["contents"]
    nested[inner[0]] = _folder(rng, others[2]) if rng.random() < 0.5 else {"type": "directory", "contents": {}}
    contents[first] = _folder(rng, first)
    contents[inner[1]] = {"type": "directory", "contents": {}}
    own = rng.choice([name for name in sorted(THEMES) if THEMES[name][0] == "txt"])
    contents |= _folder(rng, own)["contents"]
    contents[f".{inner[2]}_settings"] = {"type": "file", "content": "theme=dark\nlanguage=en"}
    return _sorted_directory(contents)


def _folder(rng, theme):
    extension, stems, lines = THEMES[theme]
    contents = {f"{stem}.{extension}": {"type": "file", "content": _content(rng, lines)}
                for stem in rng.sample(stems, rng.randint(2, 4))}
    return {"type": "directory", "contents": contents}


def _content(rng, lines):
    chosen = [rng.choice(lines) for _ in range(rng.randint(3, 9))]
    return "\n".join(line.format(n=rng.randint(11, 96), k=rng.randint(2, 9), d=rng.randint(1, 28),
                                 p=rng.choice(FIRST_NAMES), m=rng.choice(MONTHS)) for line in chosen)


def _sorted_directory(contents):
    """Names in order at every level, so that a state read back from canonical JSON lists its files alike."""
    return {"type": "directory", "contents": {
        name: _sorted_directory(item["contents"]) if item["type"] == "directory" else item
        for name, item in sorted(contents.items())}}
