"""The SNMP face: v2c to read, v3 to read and command. It speaks only the words of agent.model (S-03, C-17, C-20)."""
