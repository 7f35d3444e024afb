-- Understudy's redundancy protocol for Wireshark and tshark, written from docs/protocol.md alone: a second implementation
-- of that page, which tests/pcaps/test_dissector.py compares with the agent's own.
--
--   tshark -X lua_script:pcaps/understudy.lua -r FILE              or copy it to ~/.local/lib/wireshark/plugins
--   understudy.group == 7 && understudy.kind == 2                  filters; all begin with understudy.
--
-- MACs are shown and not verified: Wireshark does not have the key.

local MAGIC, MAJOR, HEADER, MAXIMUM = 0x5553, 1, 112, 512
local TRAILER, MAC = 36, 32
local NOBODY = 0xFFFF
local SATURATED = 0xFFFFFFFF
local ADVERT, GIVE_UP, CLAIM, HANDOVER, QUESTION, BEACON, REQUEST, REFUSAL = 1, 2, 3, 4, 5, 6, 7, 8
local AUTHENTICATED, PREEMPT, INCUMBENT, PREEMPTING, LEAVING, ATTENDED = 0x0001, 0x0002, 0x0004, 0x0008, 0x0010, 0x0020
local DESIGNATION_MASK, NO_DESIGNATION = 0x3000, 3
local YIELDED = 5
local ZERO8 = string.rep("\0", 8)

local KINDS = {
    [ADVERT] = "advert", [GIVE_UP] = "give-up", [CLAIM] = "claim", [HANDOVER] = "handover",
    [QUESTION] = "question", [BEACON] = "beacon", [REQUEST] = "request", [REFUSAL] = "refusal",
}
local DESIGNATIONS = { [0] = "main", [1] = "reserve", [2] = "nmBackup", [3] = "none (malformed)" }
local REASONS = {
    [0] = "none", [1] = "command of an operator", [2] = "the agent is stopping", [3] = "device fault",
    [4] = "preempted by a higher priority", [5] = "yielded to a rival master", [6] = "the requester is not able to serve",
    [7] = "this unit is not master", [8] = "the master's priority is 255", [9] = "preemption would undo it at once",
    [10] = "busy with another operation",
    [11] = "the group's own unit is back, and its return policy asks for it",
    [12] = "locked: no person's order to hand over is obeyed",
    [13] = "in maintenance: no preemption and no return policy is obeyed",
}
local ITEM_NAME, ITEM_SOFTWARE = 1, 2
local ITEMS = { [ITEM_NAME] = "unit name", [ITEM_SOFTWARE] = "software version" }

local us = Proto("understudy", "Understudy redundancy")
us.prefs.ports = Pref.range("UDP ports", "7420", "[lan] port of the units' settings", 65535)
us.prefs.minimum_ttl = Pref.uint("Minimum TTL", 255, "255, but for routed sites: their [lan] minimum_ttl")

local f = {
    magic = ProtoField.uint16("understudy.magic", "Magic", base.HEX),
    major = ProtoField.uint8("understudy.major", "Major version", base.DEC, nil, 0xF0),
    minor = ProtoField.uint8("understudy.minor", "Minor version", base.DEC, nil, 0x0F),
    kind = ProtoField.uint8("understudy.kind", "Kind", base.DEC, KINDS),
    flags = ProtoField.uint16("understudy.flags", "Flags", base.HEX),
    authenticated = ProtoField.bool("understudy.flags.authenticated", "Authenticated", 16, nil, AUTHENTICATED),
    preempt = ProtoField.bool("understudy.flags.preempt", "Preempt is on", 16, nil, PREEMPT),
    incumbent = ProtoField.bool("understudy.flags.incumbent", "Heal policy is incumbent", 16, nil, INCUMBENT),
    preempting = ProtoField.bool("understudy.flags.preempting", "Request from preemption", 16, nil, PREEMPTING),
    leaving = ProtoField.bool("understudy.flags.leaving", "Leaving", 16, nil, LEAVING),
    attended = ProtoField.bool("understudy.flags.attended", "Attended: waits for a person", 16, nil, ATTENDED),
    designation = ProtoField.uint16("understudy.designation", "Designation", base.DEC, DESIGNATIONS, DESIGNATION_MASK),
    header_length = ProtoField.uint16("understudy.header_length", "Header length", base.UNIT_STRING, { " bytes" }),
    device_type = ProtoField.uint8("understudy.device_type", "Device type"),
    group = ProtoField.uint8("understudy.group", "Group"),
    priority = ProtoField.uint8("understudy.priority", "Priority"),
    readiness = ProtoField.uint8("understudy.readiness", "Readiness"),
    interval = ProtoField.uint16("understudy.interval_ms", "Advertisement interval", base.UNIT_STRING, { " ms" }),
    acting_for = ProtoField.uint16("understudy.acting_for", "Acting for", base.DEC, { [NOBODY] = "none" }),
    unit_id = ProtoField.uint64("understudy.unit_id", "Unit id", base.HEX),
    boot = ProtoField.uint32("understudy.boot", "Boot"),
    master_for = ProtoField.uint32("understudy.master_for_ms", "Master for", base.UNIT_STRING, { " ms" }),
    sequence = ProtoField.uint64("understudy.sequence", "Sequence"),
    sent_at = ProtoField.uint64("understudy.sent_at_us", "Sent at (sender's clock)", base.UNIT_STRING, { " us" }),
    target = ProtoField.uint64("understudy.target", "Target unit id", base.HEX),
    nonce = ProtoField.uint64("understudy.nonce", "Nonce", base.HEX),
    operation = ProtoField.uint32("understudy.operation", "Operation"),
    reason = ProtoField.uint16("understudy.reason", "Reason", base.DEC, REASONS),
    capacity = ProtoField.uint16("understudy.capacity", "Capacity", base.UNIT_STRING, { " services" }),
    revision = ProtoField.uint64("understudy.configuration.revision", "Configuration revision"),
    digest = ProtoField.bytes("understudy.configuration.digest", "Configuration digest (SHA-256)"),
    added = ProtoField.bytes("understudy.added", "Header bytes of a newer minor version"),
    item = ProtoField.none("understudy.item", "Item"),
    item_type = ProtoField.uint8("understudy.item.type", "Type", base.DEC, ITEMS),
    item_length = ProtoField.uint8("understudy.item.length", "Length"),
    item_value = ProtoField.bytes("understudy.item.value", "Value"),
    name = ProtoField.string("understudy.name", "Unit name", base.UNICODE),
    software = ProtoField.string("understudy.software", "Software version", base.UNICODE),
    key_id = ProtoField.uint32("understudy.key_id", "Key id", base.HEX),
    mac = ProtoField.bytes("understudy.mac", "HMAC-SHA-256 (not verified)"),
    rest = ProtoField.bytes("understudy.rest", "Not read"),
    -- Not in the packet: what the packets before it say.
    party = ProtoField.uint64("understudy.party", "Sender or target", base.HEX),
    target_name = ProtoField.string("understudy.target_name", "Target unit", base.UNICODE),
    question_in = ProtoField.framenum("understudy.question_in", "Answer to the question in", base.NONE, frametype.REQUEST),
    answer_in = ProtoField.framenum("understudy.answer_in", "Answered in", base.NONE, frametype.RESPONSE),
    answer_time = ProtoField.double("understudy.answer_time_ms", "Answered after (ms)"),
    gap = ProtoField.double("understudy.advert_gap_ms", "Since this unit's last advert in the group (ms)"),
    lateness = ProtoField.double("understudy.lateness_ms", "Later than this unit's quickest packet (ms)"),
}
us.fields = f


-- Errors: what a unit refuses whatever its settings. Warnings and notes are for a person to judge.
local MALFORMED, PROTOCOL, SEQUENCE = expert.group.MALFORMED, expert.group.PROTOCOL, expert.group.SEQUENCE
local ERROR, WARN, NOTE = expert.severity.ERROR, expert.severity.WARN, expert.severity.NOTE
local function expert_info(name, text, group, severity)
    return ProtoExpert.new("understudy." .. name, text, group, severity)
end
local e = {
    bad_magic = expert_info("bad_magic", "Not Understudy: the magic is not 0x5553", MALFORMED, ERROR),
    short = expert_info("short", "Not Understudy: under 112 bytes", MALFORMED, ERROR),
    oversize = expert_info("oversize", "Over 512 bytes", MALFORMED, ERROR),
    major_version = expert_info("major_version", "Another major version", PROTOCOL, ERROR),
    minor_version = expert_info("minor_version", "A newer minor version, read as 1.0", PROTOCOL, NOTE),
    ttl = expert_info("ttl", "The TTL is too low: this packet is not from this LAN", PROTOCOL, ERROR),
    unknown_kind = expert_info("unknown_kind", "Unknown kind", PROTOCOL, ERROR),
    malformed = expert_info("malformed", "Malformed", MALFORMED, ERROR),
    cut = expert_info("cut", "Cut short by the capture: not everything can be shown", expert.group.UNDECODED, WARN),
    unsigned = expert_info("unsigned", "Not authenticated", expert.group.SECURITY, NOTE),
    unknown_reason = expert_info("unknown_reason", "Unknown reason, read as 0", PROTOCOL, NOTE),
    odd = expert_info("odd", "Not as the protocol's page says who fills which field", PROTOCOL, NOTE),
    replayed = expert_info("replayed", "Sequence not above the sender's last: replayed, doubled or overtaken", SEQUENCE, WARN),
    stale = expert_info("stale", "Later than the sender's lease: an authenticated LAN refuses it as stale", SEQUENCE, WARN),
    two_masters = expert_info("two_masters", "Two masters: another unit advertises this group too", SEQUENCE, WARN),
    new_boot = expert_info("new_boot", "The sender has started again", SEQUENCE, NOTE),
}
us.experts = e

local ip_ttl, ipv6_hop_limit, icmp, icmp6 = Field.new("ip.ttl"), Field.new("ipv6.hlim"), Field.new("icmp.type"), Field.new("icmpv6.type")

-- What was seen ----------------------------------------------------------------------------------------------------
-- Frames come in order once; what they showed is kept per frame, for they are dissected again when a person clicks on them.
local seen, names, questions, answers, senders, adverts, masters

local function forget()
    seen = {}       -- frame → what the frames before it say about it
    names = {}      -- unit id → name
    questions = {}  -- nonce → the frame and time of the last question that carries it
    answers = {}    -- frame of a question → frame of its first answer
    senders = {}    -- unit id and key id → boot, last sequence, smallest arrival - sent at
    adverts = {}    -- device type, group and unit id → time of the last advert
    masters = {}    -- device type and group → the last advert of whoever has not left since
end
forget()
us.init = forget

local function text_of_duration(ms)
    if ms < 60000 then return string.format("%.1f s", ms / 1000) end
    if ms < 3600000 then return string.format("%d min %d s", math.floor(ms / 60000), math.floor(ms / 1000) % 60) end
    return string.format("%d h %d min", math.floor(ms / 3600000), math.floor(ms / 60000) % 60)
end

local function name_of(unit_id)
    return names[unit_id] or "0x" .. unit_id
end

-- lease = (A + 0.1 s) * 0.999 - 20 ms, as the page has it.
local function lease_ms(interval_ms)
    return (interval_ms + 100) * 0.999 - 20
end

local function look_at_sender(p, note, now)
    local key = p.unit_id .. p.key_id
    local last = senders[key]
    if last and p.boot < last.boot then
        note.is_replayed = true
        return
    end
    local distance_ms = now * 1000 - p.sent_at / 1000
    if not last or p.boot > last.boot then
        note.is_new_boot = last ~= nil
        senders[key] = { boot = p.boot, sequence = p.sequence, smallest_ms = distance_ms, at = now }
        note.lateness_ms = 0
        return
    end
    -- The smallest distance rises by 1 ms a second, for clocks that drift.
    local smallest = math.min(last.smallest_ms + math.max(0, now - last.at), distance_ms)
    note.lateness_ms = math.floor((distance_ms - smallest) * 1000 + 0.5) / 1000
    note.is_replayed = p.sequence <= last.sequence
    if not note.is_replayed then
        last.smallest_ms, last.at, last.sequence = smallest, now, p.sequence
    end
end

local function look_at_question(p, note, number, now)
    if p.nonce == ZERO8 then return end
    if p.kind == QUESTION then
        questions[p.nonce] = { frame = number, at = now, target = p.target }
    elseif questions[p.nonce] then
        local question = questions[p.nonce]
        note.question_in, note.answer_ms = question.frame, (now - question.at) * 1000
        answers[question.frame] = answers[question.frame] or number
    end
end

local function look_at_master(p, note, now)
    local seat = p.device_type .. "/" .. p.group
    local master = masters[seat]
    if p.kind == ADVERT then
        local own = seat .. "/" .. p.unit_id
        if adverts[own] then note.gap_ms = (now - adverts[own]) * 1000 end
        adverts[own] = now
        local is_other = master and master.unit_id ~= p.unit_id
        note.rival = is_other and (now - master.at) * 1000 < lease_ms(master.interval_ms) and master.unit_id or nil
        masters[seat] = { unit_id = p.unit_id, at = now, interval_ms = p.interval }
    elseif master and master.unit_id == p.unit_id and (p.kind == GIVE_UP or p.kind == HANDOVER or p.kind == BEACON) then
        masters[seat] = nil
    end
end

local function look_back(p, number, now)
    local note = {}
    look_at_sender(p, note, now)
    look_at_question(p, note, number, now)
    -- A recording that is played again says nothing about who is master.
    if not note.is_replayed then look_at_master(p, note, now) end
    return note
end

-- The packet -------------------------------------------------------------------------------------------------------

local function is_text(bytes)
    -- UTF-8 without control characters (U+0000..U+001F, U+007F..U+009F); no overlong forms, no surrogates. (Wireshark's own
    -- ENC_UTF_8 lets surrogates through, and tshark -T json then writes what is no UTF-8.)
    local at = 1
    while at <= #bytes do
        local a, b = bytes:byte(at, at + 1)
        b = b or 0
        local more
        if a >= 0x20 and a < 0x7F then more = 0
        elseif a >= 0xC2 and a <= 0xDF and not (a == 0xC2 and b < 0xA0) then more = 1
        elseif a == 0xE0 and b >= 0xA0 or a >= 0xE1 and a <= 0xEF and not (a == 0xED and b >= 0xA0) and a ~= 0xE0 then more = 2
        elseif a == 0xF0 and b >= 0x90 or a >= 0xF1 and a <= 0xF3 or a == 0xF4 and b < 0x90 then more = 3
        else return false end
        for i = at + 1, at + more do
            local byte = bytes:byte(i)
            if not byte or byte < 0x80 or byte > 0xBF then return false end
        end
        at = at + 1 + more
    end
    return true
end

local function malformed(p, tree, why)
    tree:add_proto_expert_info(e.malformed, why)
    p.trouble = p.trouble or why
end

local function read_header(tvb, p)
    p.kind, p.flags, p.header_length = tvb(3, 1):uint(), tvb(4, 2):uint(), tvb(6, 2):uint()
    p.device_type, p.group, p.priority, p.readiness = tvb(8, 1):uint(), tvb(9, 1):uint(), tvb(10, 1):uint(), tvb(11, 1):uint()
    p.interval, p.acting_for = tvb(12, 2):uint(), tvb(14, 2):uint()
    p.unit_id, p.boot, p.master_for = tvb(16, 8):uint64():tohex(), tvb(24, 4):uint(), tvb(28, 4):uint()
    p.sequence, p.sent_at = tvb(32, 8):uint64(), tvb(40, 8):uint64():tonumber()
    p.target, p.nonce = tvb(48, 8):uint64():tohex(), tvb:raw(56, 8)
    p.operation, p.reason, p.capacity = tvb(64, 4):uint(), tvb(68, 2):uint(), tvb(70, 2):uint()
    p.is_signed = bit32.band(p.flags, AUTHENTICATED) ~= 0
    p.is_to_all = tvb:raw(48, 8) == ZERO8
    p.designation = bit32.rshift(bit32.band(p.flags, DESIGNATION_MASK), 12)
end

local function show_flags(tvb, tree, p)
    local flags = tree:add(f.flags, tvb(4, 2))
    for _, field in ipairs({ f.authenticated, f.preempt, f.incumbent, f.preempting, f.leaving, f.attended }) do
        flags:add(field, tvb(4, 2))
    end
    local item = flags:add(f.designation, tvb(4, 2))
    if p.designation == NO_DESIGNATION then malformed(p, item, "Malformed: designation 0x3000") end
end

local function show_who(tvb, tree, p)
    tree:add(f.device_type, tvb(8, 1))
    tree:add(f.group, tvb(9, 1))
    local priority = tree:add(f.priority, tvb(10, 1))
    local is_leaving = p.kind == GIVE_UP or p.kind == HANDOVER
    if is_leaving ~= (p.priority == 0) and KINDS[p.kind] then
        malformed(p, priority, "Malformed: priority 0 is that of give-up and handover, and only theirs")
    end
    local readiness = tree:add(f.readiness, tvb(11, 1))
    readiness:append_text(p.readiness == 0 and " (cannot serve)" or p.readiness < 128 and " (can serve, with reservations)" or " (can serve)")
    local interval = tree:add(f.interval, tvb(12, 2))
    if p.interval < 10 or p.interval > 40950 then
        malformed(p, interval, "Malformed: the interval is not within 10..40950 ms")
    end
    local acting_for = tree:add(f.acting_for, tvb(14, 2))
    if p.acting_for > 255 and p.acting_for ~= NOBODY then
        malformed(p, acting_for, "Malformed: acting for no group")
    end
end

local function show_unit(tvb, tree, p)
    local unit_id = tree:add(f.unit_id, tvb(16, 8))
    if tvb:raw(16, 8) == ZERO8 then malformed(p, unit_id, "Malformed: unit id 0") end
    local boot = tree:add(f.boot, tvb(24, 4))
    if p.boot == 0 then malformed(p, boot, "Malformed: boot 0") end
    boot:append_text(os.date("! (%Y-%m-%d %H:%M:%S UTC)", p.boot))
    local master_for = tree:add(f.master_for, tvb(28, 4))
    if p.master_for == SATURATED then master_for:append_text(" or longer") end
    local sequence = tree:add(f.sequence, tvb(32, 8))
    if tvb:raw(32, 8) == ZERO8 then malformed(p, sequence, "Malformed: sequence 0") end
    tree:add(f.sent_at, tvb(40, 8))
end

local function show_conversation(tvb, tree, p)
    local target = tree:add(f.target, tvb(48, 8))
    if p.is_to_all and (p.kind == HANDOVER or p.kind == REQUEST or p.kind == REFUSAL) then
        malformed(p, target, "Malformed: nobody is addressed")
    elseif p.is_to_all then
        target:append_text(" (everybody)")
    elseif names[p.target] then
        tree:add(f.target_name, tvb(48, 8), names[p.target]):set_generated()
    end
    for _, at in ipairs({ 16, 48 }) do tree:add(f.party, tvb(at, 8)):set_hidden() end
    local nonce = tree:add(f.nonce, tvb(56, 8))
    if p.kind == QUESTION and p.nonce == ZERO8 then malformed(p, nonce, "Malformed: a question without a nonce") end
    if p.kind ~= QUESTION and p.kind ~= ADVERT and p.kind ~= CLAIM and p.kind ~= BEACON and p.nonce ~= ZERO8 then
        nonce:add_proto_expert_info(e.odd, "A nonce in what is neither a question nor an answer")
    end
    tree:add(f.operation, tvb(64, 4))
    local reason = tree:add(f.reason, tvb(68, 2))
    if not REASONS[p.reason] then reason:add_proto_expert_info(e.unknown_reason) end
    local capacity = tree:add(f.capacity, tvb(70, 2))
    if p.capacity == 0 then capacity:append_text(" (not stated)") end
    tree:add(f.revision, tvb(72, 8))
    tree:add(f.digest, tvb(80, 32))
end

local function show_text(range, item, p, field, smallest, largest)
    local length = range:len()
    if length < smallest or length > largest then
        malformed(p, item, string.format("Malformed: not %d..%d bytes", smallest, largest))
    end
    if length > 0 and not is_text(range:raw()) then
        malformed(p, item, "Malformed: not UTF-8, or with control characters")
        item:add(f.item_value, range)
        return ""
    end
    local text = length > 0 and range:raw() or ""
    item:add(field, range, text)
    return text
end

-- One item that begins at `at`; where the next one begins. `stop`: where the items end in the packet.
local function show_item(tvb, tree, p, at, stop)
    local captured = tvb:len()
    if at + 2 > stop then
        malformed(p, tree:add(f.rest, tvb(at, 1)), "Malformed: an item runs past the end")
        return stop
    end
    if at + 2 > captured then return stop end
    local kind, length = tvb(at, 1):uint(), tvb(at + 1, 1):uint()
    local item = tree:add(f.item, tvb(at, math.min(2 + length, stop - at, captured - at)))
    item:append_text(": " .. (ITEMS[kind] or "type " .. kind .. ", skipped"))
    item:add(f.item_type, tvb(at, 1))
    item:add(f.item_length, tvb(at + 1, 1))
    if at + 2 + length > stop then
        malformed(p, item, "Malformed: an item runs past the end")
        return stop
    end
    if at + 2 + length > captured then return stop end
    if ITEMS[kind] and p.items[kind] then malformed(p, item, "Malformed: the same item twice") end
    local value = tvb:range(at + 2, length)
    if kind == ITEM_NAME then p.items[kind] = show_text(value, item, p, f.name, 1, 64)
    elseif kind == ITEM_SOFTWARE then p.items[kind] = show_text(value, item, p, f.software, 0, 32)
    elseif length > 0 then item:add(f.item_value, value) end
    return at + 2 + length
end

local function show_header_length(tvb, tree, p, stop)
    local header = tree:add(f.header_length, tvb(6, 2))
    if p.header_length < HEADER or p.header_length > stop then
        malformed(p, header, "Malformed: the header is shorter than 112 bytes or longer than the packet")
    end
end

local function show_items(tvb, tree, p, stop)
    if p.header_length < HEADER or p.header_length > stop then return end
    local captured = tvb:len()
    if p.header_length > HEADER and captured > HEADER then
        tree:add(f.added, tvb(HEADER, math.min(p.header_length, captured) - HEADER))
    end
    local at = p.header_length
    while at < math.min(stop, captured) do at = show_item(tvb, tree, p, at, stop) end
    if not p.items[ITEM_NAME] and captured >= stop then malformed(p, tree, "Malformed: no unit name") end
end

-- Where the items end: before the trailer, if there is one.
local function end_of_items(tvb, tree, p)
    local length = tvb:reported_len()
    if not p.is_signed then
        tree:add_proto_expert_info(e.unsigned)
        return length
    end
    if length < HEADER + TRAILER then
        malformed(p, tree, "Malformed: says AUTHENTICATED and is too short for it")
        return length
    end
    return length - TRAILER
end

local function show_trailer(tvb, tree, p, stop)
    local length = tvb:reported_len()
    if stop == length or tvb:len() < length then return end
    tree:add(f.key_id, tvb(stop, TRAILER - MAC))
    tree:add(f.mac, tvb(length - MAC, MAC))
    p.key_id = tvb(stop, TRAILER - MAC):bytes():tohex()
end

-- For a person ---------------------------------------------------------------------------------------------------------

local function words_of(p)
    local name, reason = name_of(p.unit_id), p.reason ~= 0 and ": " .. (REASONS[p.reason] or "reason " .. p.reason) or ""
    local target = p.is_to_all and "everybody" or name_of(p.target)
    local standing = string.format("priority %d A=%g s", p.priority, p.interval / 1000)
    local acting = p.acting_for ~= NOBODY and " acting for group " .. p.acting_for or ""
    local duration = text_of_duration(p.master_for)
    if p.kind == ADVERT then return string.format("%s %s%s master for %s%s", standing, name, acting, duration, reason) end
    if p.kind == GIVE_UP then return name .. reason end
    if p.kind == CLAIM then return string.format("%s %s%s%s", standing, name, acting, reason) end
    if p.kind == QUESTION then
        return name .. " to " .. target .. (p.is_to_all and ": who is master?" or ": prove that you are alive")
    end
    if p.kind == BEACON then
        local ability = p.readiness == 0 and "cannot serve" or "readiness " .. p.readiness
        local yielded = p.reason == YIELDED and " after " .. duration or ""
        return string.format("%s %s %s%s%s%s", standing, name, ability, acting, reason, yielded)
    end
    local preempting = p.kind == REQUEST and bit32.band(p.flags, PREEMPTING) ~= 0 and " by preemption" or ""
    return name .. " to " .. target .. preempting .. reason
end

local function show_words(pinfo, p, note)
    local kind = KINDS[p.kind] or "kind " .. p.kind
    local words = string.format("%s group %d %s", kind, p.group, words_of(p))
    if bit32.band(p.flags, LEAVING) ~= 0 then words = words .. " leaving" end
    if bit32.band(p.flags, ATTENDED) ~= 0 then words = words .. " attended" end
    if note.question_in then words = words .. " (answer to frame " .. note.question_in .. ")" end
    if note.is_replayed then words = words .. " [replayed]" end
    if note.rival then words = words .. " [two masters]" end
    if p.trouble then words = words .. " [" .. p.trouble:gsub("^Malformed: ", "malformed: ") .. "]" end
    pinfo.cols.info = words
    return words
end

local function show_past(tvb, tree, p, note, number)
    local function generated(field, value) tree:add(field, tvb(0, 0), value):set_generated() end
    if note.question_in then
        generated(f.question_in, note.question_in)
        generated(f.answer_time, note.answer_ms)
    end
    if answers[number] then generated(f.answer_in, answers[number]) end
    if note.gap_ms then generated(f.gap, note.gap_ms) end
    if note.lateness_ms then generated(f.lateness, note.lateness_ms) end
    if note.is_new_boot then tree:add_proto_expert_info(e.new_boot) end
    if note.is_replayed then tree:add_proto_expert_info(e.replayed) end
    if note.lateness_ms and not note.is_replayed and note.lateness_ms > lease_ms(p.interval) then
        tree:add_proto_expert_info(e.stale)
    end
    if note.rival then
        tree:add_proto_expert_info(e.two_masters, "Two masters: " .. name_of(note.rival) .. " advertises this group too")
    end
end

local function check_ttl(tree)
    if icmp() or icmp6() then return end  -- the packet that an error message quotes has been on its way
    local all = { ip_ttl() }
    if #all == 0 then all = { ipv6_hop_limit() } end
    local ttl = #all > 0 and all[#all].value
    if ttl and ttl < us.prefs.minimum_ttl then
        tree:add_proto_expert_info(e.ttl, "TTL " .. ttl .. ", not " .. us.prefs.minimum_ttl .. ": this packet is not from this LAN")
    end
end

local function stranger(tree, pinfo, info, words)
    tree:add_proto_expert_info(info)
    pinfo.cols.info = words
end

-- False: not one that can be read.
local function is_readable(tvb, pinfo, tree)
    local length, captured = tvb:reported_len(), tvb:len()
    if captured < 2 or tvb(0, 2):uint() ~= MAGIC then
        stranger(tree, pinfo, e.bad_magic, "not Understudy [bad magic]")
        return false
    end
    tree:add(f.magic, tvb(0, 2))
    if captured > 2 then
        tree:add(f.major, tvb(2, 1))
        tree:add(f.minor, tvb(2, 1))
    end
    if length < HEADER then
        stranger(tree, pinfo, e.short, "not Understudy [" .. length .. " bytes]")
        return false
    end
    if length > MAXIMUM then
        stranger(tree, pinfo, e.oversize, "oversize [" .. length .. " bytes]")
        return false
    end
    if captured > 2 and bit32.rshift(tvb(2, 1):uint(), 4) ~= MAJOR then
        stranger(tree, pinfo, e.major_version, "another major version [" .. bit32.rshift(tvb(2, 1):uint(), 4) .. "]")
        return false
    end
    if captured < length then tree:add_proto_expert_info(e.cut) end
    return captured >= HEADER
end

local function dissect(tvb, pinfo, root)
    pinfo.cols.protocol = "Understudy"
    local tree = root:add(us, tvb())
    check_ttl(tree)
    if not is_readable(tvb, pinfo, tree) then
        if tvb:len() > 3 then tree:add(f.rest, tvb(3)) end
        return tvb:len()
    end
    local p = { key_id = "", items = {} }
    read_header(tvb, p)
    if bit32.band(tvb(2, 1):uint(), 0x0F) ~= 0 then tree:add_proto_expert_info(e.minor_version) end
    local kind = tree:add(f.kind, tvb(3, 1))
    if not KINDS[p.kind] then
        kind:add_proto_expert_info(e.unknown_kind)
        p.trouble = "unknown kind"
    end
    show_flags(tvb, tree, p)
    local stop = end_of_items(tvb, tree, p)
    show_header_length(tvb, tree, p, stop)
    show_who(tvb, tree, p)
    show_unit(tvb, tree, p)
    show_conversation(tvb, tree, p)
    show_items(tvb, tree, p, stop)
    show_trailer(tvb, tree, p, stop)
    if not pinfo.visited and not p.trouble then
        if p.items[ITEM_NAME] then names[p.unit_id] = p.items[ITEM_NAME] end
        seen[pinfo.number] = look_back(p, pinfo.number, pinfo.rel_ts)
    end
    local note = seen[pinfo.number] or {}
    show_past(tvb, tree, p, note, pinfo.number)
    tree:append_text(": " .. show_words(pinfo, p, note))
    return tvb:len()
end

us.dissector = dissect

-- Where it is looked for -----------------------------------------------------------------------------------------------

local udp, registered = DissectorTable.get("udp.port"), nil

local function register()
    if registered then udp:remove(registered, us) end
    registered = us.prefs.ports
    udp:add(registered, us)
end
us.prefs_changed = register
register()

-- On other ports too, by its beginning: magic, major version and a header of at least 112 bytes.
us:register_heuristic("udp", function(tvb, pinfo, root)
    if tvb:len() < HEADER or tvb(0, 2):uint() ~= MAGIC or bit32.rshift(tvb(2, 1):uint(), 4) ~= MAJOR then return false end
    if not KINDS[tvb(3, 1):uint()] or tvb(6, 2):uint() < HEADER then return false end
    dissect(tvb, pinfo, root)
    return true
end)
