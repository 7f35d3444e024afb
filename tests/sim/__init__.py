"""A deterministic simulator: units, their devices and their LAN on a virtual clock, from one printed seed.

Read in this order: clock, device, lan, unit, world, faults, plan, invariants, history; scenarios and mutants use them.
"""
