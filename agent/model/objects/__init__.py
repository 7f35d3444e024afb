"""The managed objects, table by table, in the order of a walk."""
