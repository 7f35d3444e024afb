"""Every limit of the transport, in one place. Times in seconds, sizes in bytes."""

from typing import Final

from agent.ledger.limits import MAX_FILES_BYTES

PROTOCOL_MAJOR: Final = 1
PROTOCOL_MINOR: Final = 0

CONNECT_S: Final = 3.0
HANDSHAKE_S: Final = 5.0
"""TLS, and after it the same again for the hello."""
IDLE_S: Final = 30.0
"""A server closes a connection on which nothing is asked for so long; clients ping."""
PING_AFTER_S: Final = 3.0
PONG_WITHIN_S: Final = 5.0
"""So a kept connection is found dead within 3 + 5 + 1 (the keeper's round) = 9 s."""
ANSWER_S: Final = 8.0
"""From a request to the first byte of its answer, and between the chunks of one answer."""
STALL_S: Final = ANSWER_S
"""A frame that has begun goes on within this time, and is over within STALL_S + its length / MIN_BYTES_PER_S."""
MIN_BYTES_PER_S: Final = 64 * 1024
LINGER_S: Final = 0.5
"""How long a refusal is given to arrive before the connection is cut."""

MAX_HEADER_BYTES: Final = 16 * 1024 * 1024
MAX_HELLO_BYTES: Final = 64 * 1024
MAX_CHUNK_BYTES: Final = 256 * 1024

MAX_HANDSHAKES: Final = 16
MAX_HANDSHAKES_AN_ADDRESS: Final = 4
MAX_CONNECTIONS: Final = 32
MAX_CONNECTIONS_A_PEER: Final = 4
MAX_CLIENTS: Final = 256
"""Connections that this unit keeps to others."""

MAX_HAVE: Final = 2000
FIRST_HAVE: Final = 16
"""A client names so many of its revisions at first; the rest only when the server asks."""
MAX_CHAIN: Final = 2000
MAX_CHUNKS_A_REQUEST: Final = 64
"""16 MiB: long enough to fill any LAN, short enough that an edit of another group does not wait long behind it."""
MAX_GROUP_BYTES: Final = MAX_FILES_BYTES
"""All files of one group together; how many there may be: MAX_FILES of the ledger, which keeps them."""
MAX_FILES_A_REQUEST: Final = 64
"""That come with one command, as open files: the kernel takes 253. A group may have more, in several commands."""
MAX_DOCUMENT_LINE_BYTES: Final = 4 * 1024 * 1024
"""Of a command that brings a document."""
MAX_LOOSE_BYTES: Final = 2 * MAX_GROUP_BYTES
"""Chunks that a peer brought and that are part of no revision yet: one content, and what an unfinished one before it left."""
LEAST_CHARGE_BYTES: Final = 64 * 1024
"""What the smallest chunk counts there."""
MIN_FREE_SHARE: Final = 0.05
MIN_FREE_BYTES: Final = 256 * 1024 * 1024
"""The lesser of the two is never filled by what a peer brings."""
MAX_AHEAD: Final = 1_000_000
"""A pushed revision's number is at most so much greater than the head's: an edit a minute for two years."""
