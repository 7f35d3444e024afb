"""Pure decisions: events in, ordered effects out. No clock, socket, random, asyncio or logging in here.

Read in this order: timing, reasons, events, effects, config, member, table, door, speech, rules_*, peers, hearing, engine.
"""
