"""The Modbus face: TCP, TLS and RTU in front of one register map. Told by the model, it decides nothing itself."""
