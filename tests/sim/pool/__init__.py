"""The simulator for N:M: units with several seats and devices, and a watch that knows what a pool must never do.

Read in this order: device, unit, watch, world, site; then scenarios, failures (doubles and sets against brute force), history.
"""
