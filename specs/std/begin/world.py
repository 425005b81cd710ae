"""A shop: what the tools of `shop.magnet` act on. Tools are methods with keyword arguments that return JSON."""

from copy import deepcopy
from random import Random

GOODS = ("lamps", "kettles", "blankets", "radios", "mirrors", "clocks")


class Shop:
    def __init__(self, state, seed, now):
        """`state` is what `state()` returned, or None: then one is made from `seed`."""
        self.seed = seed
        if state is None:
            random = Random(seed)
            state = {"stock": {good: random.randint(3, 9) for good in GOODS}, "orders": {}}
        self.data = deepcopy(state)

    def state(self):
        return self.data

    def check_stock(self, good):
        return {"good": good, "left": self.data["stock"][good]}

    def order(self, good, count):
        if count > self.data["stock"][good]:
            raise ValueError(f"There are not {count} of these left.")
        self.data["stock"][good] -= count
        number = Random(f"{self.seed}/{len(self.data['orders'])}").randint(1000, 9999)
        order_id = f"O{number}"
        self.data["orders"][order_id] = {"good": good, "count": count}
        return {"order_id": order_id}

    def cancel_order(self, order_id):
        order = self.data["orders"].pop(order_id)
        self.data["stock"][order["good"]] += order["count"]
        return {"count": order["count"]}
