"""A master fell silent: was it gone, frozen, unheard, late, or not believed? What came from it afterwards tells.

Every packet is numbered by its sender and stamped with the sender's clock. So when it is heard again: the same boot without a
gap in the numbers was frozen; with a gap it went on speaking and was not heard; a stamp much older than the arrival was under way
for long; another boot has started again.
"""

from agent.diagnostics.causes import Cause, Finding, counted
from agent.diagnostics.silence import LATE_NS, LOOK_BACK_NS, NEAR_NS, Silence, is_of_boot
from agent.diagnostics.timeline import OF_A_MASTER, Timeline, Word
from agent.engine.timing import MS, SECOND, is_tie, skew_ns
from agent.wire.message import Message

AROUND_NS = 65 * SECOND
ANSWER_NS = 60 * MS
"""A living master answers a claim that it hears within this."""
UNBELIEVED = frozenset({"bad_mac", "unknown_key", "unsigned", "unexpected_mac"})


def judge(timeline: Timeline, silence: Silence) -> Finding:
    """Why it was silent, as far as can be known."""
    name = silence.last.message.name
    believed = [word for word in silence.later if not word.refused]
    unbelieved = [word for word in silence.later if word.refused in UNBELIEVED and word.at_ns <= silence.change.at_ns + NEAR_NS]
    if unbelieved:
        count = counted(len(unbelieved), "of its packets was", "of its packets were")
        why = f"{name} went on speaking, but {count} refused ({unbelieved[-1].refused}): the keys differ"
        return Finding(Cause.WRONG_KEY, why)
    again = [word for word in believed if is_of_boot(word, silence.last) and word.at_ns >= silence.change.at_ns]
    late = [word for word in again if _lateness_ns(timeline, silence, word) > LATE_NS]
    if late and _sent_at_ns(silence, late[0]) < silence.change.at_ns:
        delay_ms = _lateness_ns(timeline, silence, late[0]) / MS
        return Finding(Cause.DELAY, f"adverts of {name} were under way for up to {delay_ms:.0f} ms longer than usual")
    if not _was_master(silence.parting.message, silence.last.message):
        return Finding(Cause.LINK_LOST, _stopped_by_itself(timeline, silence))
    if again:
        return _heard_again(timeline, silence, again[0])
    if any(not is_of_boot(word, silence.last) for word in believed):
        return Finding(Cause.CRASH, f"{name} went away without a word, and has started again since: it crashed or lost power")
    since = "has not been heard since" if not timeline.goes_on else f"was not heard in the {_rest(timeline, silence)} after it"
    why = f"{name} went away without a word and {since}: it crashed, lost power, hangs, or is cut off"
    return Finding(Cause.CRASH, why, (f"which of these it was: the record of {name} knows",))


def _rest(timeline: Timeline, silence: Silence) -> str:
    """How long this piece of the record goes on after the claim."""
    last_ns = max([silence.change.at_ns, *(word.at_ns for word in timeline.words[-1:])])
    seconds = (last_ns - silence.change.at_ns) / SECOND
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _stopped_by_itself(timeline: Timeline, silence: Silence) -> str:
    """Before the claim it says that it is master no longer, and has not handed over."""
    name, missing = silence.last.message.name, _missing(timeline, silence.last, silence.parting)
    if not missing:
        return f"{name} stopped being master by itself, and said so without a farewell"
    packets = counted(missing, "packet of it", "packets of it")
    return f"{name} could not send: {packets} did not arrive, its own link was down, and it had muted when it was heard again"


def _heard_again(timeline: Timeline, silence: Silence, first: Word) -> Finding:
    """The same boot, after the claim: it has not crashed."""
    name, parting = silence.last.message.name, silence.parting
    missing = _missing(timeline, silence.last, first)
    if missing:
        return _unheard(timeline, silence, first, missing)
    gap_ms = (first.message.sent_at_us - parting.message.sent_at_us) / 1000
    return Finding(Cause.STALL, f"{name} was frozen: it said nothing for {gap_ms:.0f} ms, and then went on where it had been")


def _was_master(message: Message, last: Message) -> bool:
    """`last` was; a word about another group says nothing of it."""
    is_about_it = message.group == last.group and message.sequence >= last.sequence
    return message.kind in OF_A_MASTER or message.master_for_ms > 0 or not is_about_it


def _unheard(timeline: Timeline, silence: Silence, first: Word, missing: int) -> Finding:
    """It went on speaking. Who did not hear whom?"""
    change, name = silence.change, silence.last.message.name
    interval_ns = silence.interval_ms * MS
    was_muted = first.message.master_for_ms == 0 and first.message.kind not in OF_A_MASTER
    back_ns = first.at_ns - change.at_ns
    lost = skew_ns(silence.priority) // interval_ns
    if back_ns <= ANSWER_NS and is_tie(silence.interval_ms, silence.priority) and missing == lost:
        adverts = counted(missing, "advert was", "adverts were")
        why = f"T is exactly {lost + 1} intervals: {adverts} lost, and the next of {name} came at the very moment of the claim"
        return Finding(Cause.TIE, f"{why} (F-2; another priority would have waited for it)")
    if back_ns <= ANSWER_NS or _losses_elsewhere(timeline, silence, first) > 0:
        packets = counted(missing, f"packet of {name} was", f"packets of {name} were")
        in_a_row = " in a row" if missing > 1 and silence.parting is silence.last else ""
        return Finding(Cause.LOSS, f"{packets} lost{in_a_row}; {name} itself was well")
    if was_muted:
        return Finding(Cause.LINK_LOST, f"{name} could not send: its own link was down, and it had muted when it was heard again")
    both_ms = min(first.message.master_for_ms, back_ns / MS)
    why = f"the LAN was parted: {name} went on as master, and {counted(missing, 'packet of it', 'packets of it')} did not arrive"
    why += f"; both were master for {both_ms:.0f} ms"
    return Finding(Cause.PARTITION, why, facts={"both_master_ms": both_ms})


def _losses_elsewhere(timeline: Timeline, silence: Silence, first: Word) -> int:
    """Gaps in the numbers of any unit, in the seconds around, apart from the one that led to the claim."""
    end_ns = min(first.at_ns + 5 * SECOND, silence.change.at_ns + AROUND_NS)
    around = timeline.since(silence.last.at_ns - 10 * SECOND, end_ns)
    found, numbers = 0, dict[tuple[int, int], int]()
    for word in around:
        if word.is_own:
            continue
        message = word.message
        key = (message.unit_id, message.boot)
        if message.sequence > numbers.get(key, message.sequence) + 1 and word is not first:
            found += 1
        numbers[key] = max(message.sequence, numbers.get(key, 0))
    return found


def _missing(timeline: Timeline, last: Word, first: Word) -> int:
    """Numbers between the two that were never heard; a unit numbers all that it says."""
    heard = {
        word.message.sequence
        for word in timeline.since(last.at_ns, first.at_ns)
        if word.message.unit_id == last.message.unit_id and word.message.boot == last.message.boot
    }
    return max(0, sum(number not in heard for number in range(last.message.sequence + 1, first.message.sequence)))


def _least_ns(timeline: Timeline, silence: Silence) -> int:
    """The smallest difference between arrival and the sender's stamp: clock difference and the quickest way together."""
    last = silence.last
    words = timeline.since(last.at_ns - LOOK_BACK_NS, last.at_ns)
    return min(
        word.at_ns - word.message.sent_at_us * 1000
        for word in words
        if word.message.unit_id == last.message.unit_id and word.message.boot == last.message.boot
    )


def _lateness_ns(timeline: Timeline, silence: Silence, word: Word) -> int:
    return word.at_ns - word.message.sent_at_us * 1000 - _least_ns(timeline, silence)


def _sent_at_ns(silence: Silence, word: Word) -> int:
    """On the listener's clock."""
    return silence.last.at_ns + (word.message.sent_at_us - silence.last.message.sent_at_us) * 1000
