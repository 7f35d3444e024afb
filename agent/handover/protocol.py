"""The messages of the transfer protocol as values. `to_json` and the functions `…_from` are each other's inverse.

A reader raises ValueError with a sentence for whatever is out of range; what it does not know, it leaves out (minor versions).
The client is the unit that asks: a backup, as a rule. `hello` comes first, on both sides.
"""

from agent.handover.fields import JsonObject
from agent.handover.said_content import (
    Contents,
    GetChunks,
    GetContent,
    Manifest,
    Missing,
    PushContent,
    PutChunks,
    contents_from,
    get_chunks_from,
    get_content_from,
    manifest_from,
    manifest_json,
    missing_from,
    push_content_from,
    put_chunks_from,
)
from agent.handover.said_decision import Choose, Pair, Propose, Unpair, choose_from, pair_from, propose_from, unpair_from
from agent.handover.said_hello import Hello, SchemaVersion, hello_from, protocol_from
from agent.handover.said_relation import Relate, Related, relate_from, related_from, revision_from

Request = Hello | Relate | GetContent | GetChunks | PushContent | PutChunks | Propose | Choose | Pair | Unpair

__all__ = [
    "Choose",
    "Contents",
    "GetChunks",
    "GetContent",
    "Hello",
    "JsonObject",
    "Manifest",
    "Missing",
    "Pair",
    "Propose",
    "PushContent",
    "PutChunks",
    "Relate",
    "Related",
    "Request",
    "SchemaVersion",
    "Unpair",
    "choose_from",
    "contents_from",
    "get_chunks_from",
    "get_content_from",
    "hello_from",
    "manifest_from",
    "manifest_json",
    "missing_from",
    "pair_from",
    "propose_from",
    "protocol_from",
    "push_content_from",
    "put_chunks_from",
    "relate_from",
    "related_from",
    "revision_from",
    "unpair_from",
]
