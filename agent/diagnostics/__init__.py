"""What happened, and why: the flight recorder, the replay of its records, and one sentence for every change of role."""
