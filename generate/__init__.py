"""Writes down what the model declares, for those who are not this program: MIB, registers, HTTP schema, exporter, reference."""
