"""Each kind of operation that a gate can miss has words for what it needs."""

from magnetc.build.findings import NEEDED
from magnetc.emit.made import PER
from magnetc.passes.chances import KINDS


def test_every_kind_of_operation_says_what_it_needs():
    assert NEEDED.keys() == KINDS.keys()
    assert PER.keys() == KINDS.keys()
