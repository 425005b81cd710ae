"""Inns, weather, friends and an alarm clock in Japan. Ids are minted from the seed."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from hashlib import sha256

TOWNS = ("箱根", "京都", "金沢", "別府", "松江", "日光")
INNS = ("松屋", "梅の湯", "月見荘", "竹林亭", "白雲館", "鶴屋", "川端荘", "花園館")
FRIENDS = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺")
WEATHER = ("晴れ", "曇り", "雨", "雪")


def _number(*key: object) -> int:
    return int(sha256(repr(key).encode()).hexdigest()[:8], 16)


class Ryokan:
    def __init__(self, state, seed, now):
        self.seed, self.today = seed, date.fromisoformat(now[:10])
        if state is None:
            state = {"towns": list(TOWNS), "inns": {}, "stays": {}, "sent": [], "alarms": [], "minted": 0,
                     "profile": {"name": ("山本 葵", "中村 蓮", "小林 凛", "加藤 湊")[seed % 4]},
                     "friends": {f"F{_number(seed, name) % 9000 + 1000}": {"name": name, "town": TOWNS[_number(seed, name, "town") % 6]}
                                 for name in FRIENDS}}
            for at in range(12):
                town, name = TOWNS[at % 6], INNS[_number(seed, at % 6) % 4 + 4 * (at // 6)]
                state["inns"][f"R{_number(seed, at) % 900000 + 100000}"] = {
                    "name": name, "town": town, "rate": 8000 + 500 * (_number(seed, at, "rate") % 40)}
        self.data = deepcopy(state)

    def state(self):
        return self.data

    def profile(self):
        return self.data["profile"]

    def snapshot(self):
        copy = object.__new__(Ryokan)
        copy.seed, copy.today, copy.data = self.seed, self.today, deepcopy(self.data)
        return copy

    def _stay(self, stay_id):
        if stay_id not in self.data["stays"]:
            raise ValueError(f"予約{stay_id}はありません")
        return self.data["stays"][stay_id]

    def search_inns(self, town, guests=1):
        return {"inns": [{"inn_id": f"{key}-{guests}", "name": inn["name"], "rate": inn["rate"] * guests}
                         for key, inn in self.data["inns"].items() if inn["town"] == town]}

    def book_inn(self, inn_id, day, nights, guest, plan="room_only"):
        key, _, guests = inn_id.partition("-")   # an offer: the price is for as many as were searched for
        if key not in self.data["inns"] or guests not in set("123456"):
            raise ValueError(f"宿{inn_id}はありません")
        if date.fromisoformat(day) <= self.today:
            raise ValueError("過去の日は予約できません")
        inn = self.data["inns"][key]
        self.data["minted"] += 1
        stay_id = f"S{_number(self.seed, 'stay', self.data['minted']) % 90000 + 10000}"
        total = nights * int(guests) * (inn["rate"] + (4000 if plan == "half_board" else 0))
        self.data["stays"][stay_id] = {"name": inn["name"], "day": day, "total": total, "guest": guest}
        return {"stay_id": stay_id, "name": inn["name"], "day": day, "total": total}

    def move_stay(self, stay_id, day):
        stay = self._stay(stay_id)
        if stay["day"] == day:
            raise ValueError("すでにその日です")
        stay["day"] = day
        return {"name": stay["name"], "day": day}

    def cancel_stay(self, stay_id):
        stay = self._stay(stay_id)
        del self.data["stays"][stay_id]
        return {"name": stay["name"], "fee": stay["total"] // 10}

    def get_weather(self, town, day):
        number = _number(self.seed, town, day)
        return {"weather": WEATHER[number % 4], "high": 3 + number % 17}

    def find_friend(self, name):
        for key, friend in self.data["friends"].items():
            if friend["name"] == name:
                return {"friend_id": key, "name": name, "town": friend["town"]}
        raise ValueError(f"{name}さんは見つかりません")

    def send_message(self, friend_id, body):
        if friend_id not in self.data["friends"]:
            raise ValueError(f"{friend_id}はいません")
        self.data["sent"].append({"to": friend_id, "body": body})
        return {"sent": True}

    def set_alarm(self, day, time):
        self.data["alarms"].append(f"{day}T{time}")
        return {"day": day, "time": time}
