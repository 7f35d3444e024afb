"""Pure decisions: events in, ordered effects out. No clock, socket, random, asyncio or logging in here.

Read in this order: timing, events, effects, table, member, rules, engine.
"""
