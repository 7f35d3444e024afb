"""What the register map says in words: before the tables and after them."""

HEAD = """# Modbus register map

Made from the model of the agent (`agent/model`) by `./dev generate`: do not edit. What each object means to the other faces:
[the reference](../docs/reference.md).

* **Address** is the 0-based one of the protocol; **number** the 1-based one of old documents, with the bank's digit (input
  registers 3xxxx, holding 4xxxx, discrete inputs 1xxxx, coils 0xxxx; six digits beyond 9999). Tools differ: `mbpoll` counts from
  1 unless told `-0`.
* Values of 32 bits stand high word first (`mbpoll -B`). Counters are the lowest bits of their 64: they go round.
* **Not known now**: 65535 in every word; 0x8000 and zeros where a number may be negative (its range begins with -1); texts all
  zero. Places that nothing has read 65535, bits OFF.
* Numbers of words (`5 master`) never move and are never used again.
* Places never move: the unit is at 0 of each bank, group G at 1000 + 64 × G.
* Settings are holding registers, status is in input registers, one lamp each in discrete inputs, commands are coils **and** a
  command block with echo and result. What may not be set in this moment is answered with exception 04, a value outside its range
  with 03, a place that does not exist with 02, and while another operation or another client's claim is in the way with 06; the
  command block says the same in `command_denial`.
* Several settings in one request (function 16) are set together or not at all.
* A reader sees one state: all registers of one request are of one moment. `view_revision` (14) is the same before and after a
  series of requests when they all were.
"""
EXAMPLES = """## Examples with mbpoll

Unit 192.0.2.1, group 7 (base 1000 + 64 × 7 = 1448); `-0`: addresses count from 0, `-1`: once.

```sh
mbpoll -m tcp -a 1 -0 -1 -t 3:hex -r 0 -c 5 192.0.2.1            # marker, version, model id, length
mbpoll -m tcp -a 1 -0 -1 -t 3 -r 1450 -c 8 192.0.2.1             # role, state, designation, … readiness
mbpoll -m tcp -a 1 -0 -1 -t 3:int -B -r 1479 -c 1 192.0.2.1      # transitions, 32 bits, high word first
mbpoll -m tcp -a 1 -0 -1 -t 1 -r 1448 -c 6 192.0.2.1             # the lamps of the role, one-hot
mbpoll -m tcp -a 1 -0 -1 -t 4 -r 1450 -c 4 192.0.2.1             # priority, preempt, interval, return policy
mbpoll -m tcp -a 1 -0 -t 4 -r 1450 192.0.2.1 200                 # priority 200
mbpoll -m tcp -a 1 -0 -t 0 -r 1449 192.0.2.1 1                   # set_backup, by its button
mbpoll -m tcp -a 1 -0 -t 4 -r 102 192.0.2.1 77 7 0 3             # set_backup of group 7 as a command, token 77
mbpoll -m tcp -a 1 -0 -1 -t 4 -r 106 -c 5 192.0.2.1              # its echo (3, 7, 77), result and denial
```
"""
