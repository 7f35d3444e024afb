"""Every managed object, declared once; what faces show and accept is derived from here. Pure: no socket, no clock, no disk."""
