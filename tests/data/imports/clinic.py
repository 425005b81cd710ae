"""Front desk of a small veterinary clinic."""
from __future__ import annotations
import uuid
from dataclasses import dataclass, field, asdict
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal, Optional, TypedDict


class Species(str, Enum):
    DOG = "dog"
    CAT = "cat"
    RABBIT = "rabbit"


@dataclass
class Owner:
    owner_id: str
    name: str
    phone: str
    email: str = ""


@dataclass
class Pet:
    pet_id: str
    owner_id: str
    name: str
    species: Species
    weight_kg: float = 5.0


@dataclass
class Visit:
    visit_id: str
    pet_id: str
    day: date
    reason: str
    status: str = "booked"
    notes: list[str] = field(default_factory=list)


class Invoice(TypedDict):
    invoice_id: str
    visit_id: str
    total: float
    paid: bool


OWNERS: dict[str, Owner] = {}
PETS: dict[str, Pet] = {}
VISITS: dict[str, Visit] = {}
INVOICES: dict[str, Invoice] = {}
STOCK = {"vaccine": 20, "bandage": 50, "antibiotic": 12}
PRICES = {"vaccine": 35.0, "bandage": 6.5, "antibiotic": 22.0, "checkup": 60.0}


def _new(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:6].upper()}"


def register_owner(name: str, phone: str, email: str = "") -> Owner:
    """Register a pet owner.

    Args:
        name: Full name of the owner.
        phone: Phone number.
        email: E-mail address, if they have one.
    """
    owner = Owner(_new("OW"), name, phone, email)
    OWNERS[owner.owner_id] = owner
    return owner


def find_owner(name: str) -> Owner:
    """Find an owner by full name."""
    for owner in OWNERS.values():
        if owner.name.lower() == name.lower():
            return owner
    raise LookupError(f"No owner called {name}.")


def list_owners() -> list[Owner]:
    """List all owners."""
    return list(OWNERS.values())


def update_phone(owner_id: str, phone: str) -> Owner:
    """Change the phone number of an owner."""
    OWNERS[owner_id].phone = phone
    return OWNERS[owner_id]


def update_email(owner_id: str, email: str) -> Owner:
    """Change the e-mail address of an owner."""
    OWNERS[owner_id].email = email
    return OWNERS[owner_id]


def register_pet(owner_id: str, name: str, species: Species, weight_kg: float = 5.0) -> Pet:
    """Register a pet of an owner."""
    if owner_id not in OWNERS:
        raise LookupError("No such owner.")
    pet = Pet(_new("PT"), owner_id, name, species, weight_kg)
    PETS[pet.pet_id] = pet
    return pet


def list_pets(owner_id: str) -> list[Pet]:
    """List the pets of an owner."""
    return [pet for pet in PETS.values() if pet.owner_id == owner_id]


def get_pet(pet_id: str) -> Pet:
    """Get a pet."""
    return PETS[pet_id]


def record_weight(pet_id: str, weight_kg: float) -> Pet:
    """Record the weight of a pet in kilograms."""
    PETS[pet_id].weight_kg = weight_kg
    return PETS[pet_id]


def book_visit(pet_id: str, day: date, reason: Literal["checkup", "vaccination", "injury", "dental"]) -> Visit:
    """Book a visit for a pet.

    Args:
        pet_id: The pet.
        day: Day of the visit, YYYY-MM-DD.
        reason: Why they come.
    """
    if pet_id not in PETS:
        raise LookupError("No such pet.")
    visit = Visit(_new("VS"), pet_id, day, reason)
    VISITS[visit.visit_id] = visit
    return visit


def list_visits(pet_id: str) -> list[Visit]:
    """List the visits of a pet."""
    return [visit for visit in VISITS.values() if visit.pet_id == pet_id]


def move_visit(visit_id: str, day: date) -> Visit:
    """Move a visit to another day."""
    VISITS[visit_id].day = day
    return VISITS[visit_id]


def cancel_visit(visit_id: str) -> Visit:
    """Cancel a visit."""
    VISITS[visit_id].status = "cancelled"
    return VISITS[visit_id]


def add_note(visit_id: str, text: str) -> Visit:
    """Add a note to a visit."""
    VISITS[visit_id].notes.append(text)
    return VISITS[visit_id]


def visits_on(day: date) -> list[Visit]:
    """All visits on a day."""
    return [visit for visit in VISITS.values() if visit.day == day]


def create_invoice(visit_id: str, items: list[Literal["vaccine", "bandage", "antibiotic", "checkup"]]) -> Invoice:
    """Create the invoice of a visit.

    Args:
        visit_id: The visit.
        items: What was used or done.
    """
    if visit_id not in VISITS:
        raise LookupError("No such visit.")
    invoice: Invoice = {"invoice_id": _new("IN"), "visit_id": visit_id, "total": sum(PRICES[item] for item in items), "paid": False}
    INVOICES[invoice["invoice_id"]] = invoice
    return invoice


def get_invoice(invoice_id: str) -> Invoice:
    """Get an invoice."""
    return INVOICES[invoice_id]


def pay_invoice(invoice_id: str, method: Literal["card", "cash"] = "card") -> Invoice:
    """Pay an invoice."""
    INVOICES[invoice_id]["paid"] = True
    return INVOICES[invoice_id]


def unpaid_invoices() -> list[Invoice]:
    """List the invoices that are not paid."""
    return [invoice for invoice in INVOICES.values() if not invoice["paid"]]


def check_stock(item: Literal["vaccine", "bandage", "antibiotic"]) -> int:
    """How many of an item are in stock."""
    return STOCK[item]


def use_item(item: Literal["vaccine", "bandage", "antibiotic"], count: int = 1) -> int:
    """Take items from the stock. Returns how many are left."""
    if STOCK[item] < count:
        raise ValueError("Not enough in stock.")
    STOCK[item] -= count
    return STOCK[item]


def order_item(item: Literal["vaccine", "bandage", "antibiotic"], count: int) -> dict:
    """Order more of an item."""
    STOCK[item] += count
    return {"item": item, "count": STOCK[item]}


def price_of(item: Literal["vaccine", "bandage", "antibiotic", "checkup"]) -> float:
    """Price of an item or service in USD."""
    return PRICES[item]


def set_price(item: Literal["vaccine", "bandage", "antibiotic", "checkup"], price: float) -> float:
    """Set the price of an item or service in USD."""
    PRICES[item] = price
    return price


def next_free_day(after: Optional[date] = None) -> date:
    """The next day without visits."""
    day = (after or datetime.now().date()) + timedelta(days=1)
    taken = {visit.day for visit in VISITS.values()}
    while day in taken:
        day += timedelta(days=1)
    return day


def dose(weight_kg: float, mg_per_kg: float) -> float:
    """Dose of a medicine in milligrams for a weight."""
    return round(weight_kg * mg_per_kg, 1)


def dog_years(age: int) -> int:
    """Age of a dog in human years."""
    return age * 7


def kg_to_lb(weight_kg: float) -> float:
    """Convert kilograms to pounds."""
    return round(weight_kg * 2.20462, 2)


def overdue(day: date, months: int = 12) -> bool:
    """Whether a vaccination of a day is overdue."""
    return (datetime.now().date() - day).days > months * 30


def opening_hours(day: date) -> str:
    """Opening hours on a day."""
    return "closed" if day.weekday() == 6 else "09:00-17:00"


def emergency_contact() -> dict:
    """Phone number for emergencies at night."""
    return {"phone": "+1 555 0100"}
