"""A shop on SQLite behind FastAPI: a real server for the worlds of HTTP APIs. `DATABASE` names its file, `KEY` what opens it; `pets.json` in the working
directory, if there, what it sells at first."""

import json
import os
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

DATABASE = os.environ.get("DATABASE", "shop.db")
SCHEMA = """
CREATE TABLE IF NOT EXISTS pets (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, price REAL NOT NULL, photo BLOB);
CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY AUTOINCREMENT, pet TEXT NOT NULL REFERENCES pets (id), day TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS one_owner ON orders (pet);
"""
PETS = [["P1", "Rex", "dog", 120.5], ["P2", "Mia", "cat", 80], ["P3", "Tom", "cat", 60], ["P4", "Ada", "bird", 15]]


def connect():
    return closing(sqlite3.connect(DATABASE))


@asynccontextmanager
async def lifespan(_):
    with connect() as db, db:
        db.executescript(SCHEMA)
        if not db.execute("SELECT 1 FROM pets").fetchone():
            stocked = Path("pets.json")
            pets = json.loads(stocked.read_text()) if stocked.exists() else PETS
            db.executemany("INSERT INTO pets VALUES (?, ?, ?, ?, ?)", [(*pet, pet[0].encode()) for pet in pets])
    yield


key = APIKeyHeader(name="X-Key", auto_error=False)


def opened(given: str | None = Depends(key)):
    if os.environ.get("KEY") and given != os.environ["KEY"]:
        raise HTTPException(401, "the key does not fit")


app = FastAPI(title="Shop", lifespan=lifespan, dependencies=[Depends(opened)])


class Pet(BaseModel):
    id: str
    name: str
    kind: str
    price: float


class Order(BaseModel):
    pet: str
    day: str = Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


class Placed(Order):
    order: str


def placed(number: int, pet: str, day: str) -> Placed:
    return Placed(order=f"O{1000 + number}", pet=pet, day=day)


def found(order: str) -> tuple[int, str, str]:
    with connect() as db:
        row = db.execute("SELECT number, pet, day FROM orders WHERE number = ?", [int(order[1:]) - 1000 if order[1:].isdecimal() else 0]).fetchone()
    if not row:
        raise HTTPException(404, f"there is no order {order}")
    return row


@app.get("/pets", operation_id="list_pets", tags=["shop"])
def list_pets(kind: Annotated[list[str] | None, Query()] = None, limit: Annotated[int, Query(ge=1)] = 10) -> list[Pet]:
    """The pets that are for sale or sold, by kind."""
    with connect() as db:
        rows = db.execute("SELECT id, name, kind, price FROM pets ORDER BY id").fetchall()
    return [Pet(id=i, name=n, kind=k, price=p) for i, n, k, p in rows if not kind or k in kind][:limit]


@app.get("/pets/{pet}", operation_id="get_pet", tags=["shop"])
def get_pet(pet: str) -> Pet:
    """One pet."""
    with connect() as db:
        row = db.execute("SELECT id, name, kind, price FROM pets WHERE id = ?", [pet]).fetchone()
    if not row:
        raise HTTPException(404, f"there is no pet {pet}")
    return Pet(**dict(zip(("id", "name", "kind", "price"), row)))


@app.post("/orders", operation_id="place_order", tags=["shop"], status_code=201)
def place_order(order: Order) -> Placed:
    """Buy a pet, for a day on which it is fetched."""
    get_pet(order.pet)
    try:
        with connect() as db, db:
            number = db.execute("INSERT INTO orders (pet, day) VALUES (?, ?)", [order.pet, order.day]).lastrowid or 0
    except sqlite3.IntegrityError:
        raise HTTPException(409, f"{order.pet} is sold") from None
    return placed(number, order.pet, order.day)


@app.get("/orders", operation_id="list_orders", tags=["shop"])
def list_orders() -> list[Placed]:
    """All orders."""
    with connect() as db:
        return [placed(*row) for row in db.execute("SELECT number, pet, day FROM orders ORDER BY number")]


@app.get("/orders/{order}", operation_id="get_order", tags=["shop"])
def get_order(order: str) -> Placed:
    """One order."""
    return placed(*found(order))


@app.put("/orders/{order}/day", operation_id="move_order", tags=["shop"])
def move_order(order: str, day: str = Body(embed=True, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")) -> Placed:
    """Fetch the pet on another day."""
    number, pet, _ = found(order)
    with connect() as db, db:
        db.execute("UPDATE orders SET day = ? WHERE number = ?", [day, number])
    return placed(number, pet, day)


@app.delete("/orders/{order}", operation_id="cancel_order", tags=["shop"], status_code=204)
def cancel_order(order: str) -> Response:
    """Take an order back."""
    number, *_ = found(order)
    with connect() as db, db:
        db.execute("DELETE FROM orders WHERE number = ?", [number])
    return Response(status_code=204)


@app.get("/clock", operation_id="clock", tags=["tests"])
def clock() -> dict:
    return {"at": time.time_ns(), "open": True}


@app.post("/reset", operation_id="reset", status_code=204, tags=["tests"])
def reset() -> Response:
    with connect() as db, db:
        db.execute("DELETE FROM orders")
        db.execute("DELETE FROM sqlite_sequence")
    return Response(status_code=204)


@app.post("/stop", operation_id="stop", tags=["tests"])
def stop() -> None:
    os._exit(3)


@app.get("/sleep", operation_id="sleep", tags=["tests"])
async def sleep(seconds: float) -> None:
    time.sleep(seconds)
