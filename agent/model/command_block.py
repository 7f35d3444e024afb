"""The command block of Modbus: holding registers 100..119 of the unit. Written from 102 to 105, the result read from 106.

A client writes token, group, flags and command, best in one request, and reads until `command_result` is not 0. What was asked
stands there as an echo, so a client knows its own answer from another's. `claim` (12) keeps other Modbus clients away meanwhile.
"""

from agent.model.managed import Bank, Register
from agent.model.register_extras import Extra

COMMAND_OFFSET = 100
"""Model id here, length after it."""
COMMAND_MODEL = 52
COMMAND_WORDS = 18
"""102..119."""

RESULT_BUSY, RESULT_DONE, RESULT_REFUSED, RESULT_FAILED = range(4)
NO_RESULT = 0xFFFF
FLAG_FORCED, FLAG_OVERRIDE = 1, 2


def _written(offset: int, name: str, text: str) -> Extra:
    return Extra(name, Register(Bank.HOLDING, offset), text, is_writable=True)


def _read(offset: int, name: str, text: str, words: int = 1) -> Extra:
    return Extra(name, Register(Bank.HOLDING, offset, words), text)


COMMAND_BLOCK = (
    _written(102, "command_token", "A number of the client's own, 0..65535; command_echo_token repeats it"),
    _written(103, "command_group", "The group that the next command is for, 0..255"),
    _written(104, "command_flags", "Of the next command: 1 forced, 2 override, 3 both; 0 again after it"),
    _written(
        105,
        "command",
        "Writing it gives the command: 2 set_master, 3 set_backup, 4 force_master, 5 off, 6 on, 7 arm_standby, 8 acknowledge. "
        "It always reads 1, no_action, and writing that does nothing",
    ),
    _read(106, "command_echo", "The command that the registers after this speak of; 0: none yet"),
    _read(107, "command_echo_group", "Its group"),
    _read(108, "command_echo_token", "Its command_token"),
    _read(109, "command_result", "0 busy, 1 done, 2 refused, 3 failed (or nobody knows); 65535: no command yet"),
    _read(
        110,
        "command_denial",
        "Why it was refused: 0 not refused, 1 bad value, 2 unknown, 3 not allowed, 4 conflict, 5 busy, 6 failed",
    ),
    _read(112, "command_operation", "The operation that it began; 0: none", 2),
    _read(114, "command_in_the_way", "The operation that was in its way; 0: none", 2),
)
