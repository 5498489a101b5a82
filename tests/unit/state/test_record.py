import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.contracts.kinds import KINDS
from gridctl.errors import Unavailable
from gridctl.state.model import DeviceState, Register
from gridctl.state.record import HEADER, pack, pack_register, pack_state, unpack, unpack_state

EXACT = 2**53
REGISTERS = st.builds(
    Register,
    event_time_ms=st.integers(0, EXACT),
    power_mw=st.integers(-EXACT, EXACT),
    good=st.booleans(),
    kind=st.sampled_from(sorted(KINDS)),
    circuit_id=st.text("abc:-é", min_size=1, max_size=100),
    frame=st.binary(max_size=300),
)


@given(register=REGISTERS)
def test_a_register_comes_back(register: Register) -> None:
    assert unpack(pack(register)) == register


@given(first=REGISTERS, second=REGISTERS)
def test_a_state_comes_back(first: Register, second: Register) -> None:
    for state in (
        DeviceState(first._replace(good=True), second._replace(good=False)),
        DeviceState(first._replace(good=True), first._replace(good=True)),
        DeviceState(None, first._replace(good=False)),
    ):
        assert unpack_state(pack_state(state)) == state


def test_the_header_is_what_the_script_reads() -> None:
    assert HEADER.size == 22


def test_a_kind_that_this_version_does_not_know_is_one_clear_error() -> None:
    value = pack_register(1, 2, good=True, kind_code=99, circuit=b"c-1", frame=b"frame")
    for read in (unpack, unpack_state):
        with pytest.raises(Unavailable, match="kind code 99, which this version does not know; upgrade gridctl"):
            read(value)
