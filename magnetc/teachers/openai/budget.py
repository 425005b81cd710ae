"""What a command has spent on a teacher, and when it has to stop."""

from __future__ import annotations

from dataclasses import dataclass

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir.endpoint import Endpoint
from magnetc.teachers.ask import Reply, Request

CHARACTERS = 4
"""Characters of a token, where a server does not count: about right for English, and for code."""


@dataclass(slots=True)
class Budget:
    """Counts tokens and money. Every reply counts; one out of the journal costs nothing and does not come here.

    Without an `endpoint` a model runs here, and nothing is paid for.
    """

    endpoint: Endpoint | None = None
    requests: int = 0
    asked: int = 0
    answered: int = 0

    @property
    def money(self) -> float:
        """In the currency of the recipe's prices."""
        asks, answers = self.endpoint.price if self.endpoint else (0.0, 0.0)
        return (self.asked * asks + self.answered * answers) / 1e6

    def summary(self) -> str:
        """What was paid for, in a line."""
        cost = f", {self.money:.2f} by the recipe's prices" if self.money else ""
        replies = "1 reply" if self.requests == 1 else f"{self.requests:,} replies"
        return f"{replies} {'paid for' if self.endpoint else 'made here'}: {self.asked:,} tokens asked, {self.answered:,} answered{cost}"

    def spend(self, reply: Reply) -> None:
        self.requests += 1
        self.asked += reply.asked
        self.answered += reply.answered

    def check(self) -> None:
        """Raises MagnetError (MG508) when nothing more may be asked."""
        if self.endpoint is None:
            return
        tokens, money = self.endpoint.most_tokens, self.endpoint.most_money
        spent = ""
        if tokens and self.asked + self.answered >= tokens:
            spent = f"{self.asked + self.answered:,} of {tokens:,} tokens"
        elif money and self.money >= money:
            spent = f"{self.money:.2f} of {money:.2f}"
        if spent:
            raise MagnetError(Diagnostic(code="MG508", message=f"the teacher's budget is spent: {spent}",
                                         help="raise `budget` and run the command again: what was paid for is in the journal"))


def estimated_tokens(request: Request) -> int:
    """Tokens that a request may take, both ways, before a server has counted them."""
    asked = sum(len(message["content"]) for message in request.messages) // CHARACTERS
    return 1 + asked + int(request.decoding.get("max_tokens", 256))
