"""All faces together: real units in namespaces, asked and ordered by clients that are not ours."""
