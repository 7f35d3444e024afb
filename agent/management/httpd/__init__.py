"""How HTTP is spoken, whatever is served: connections with deadlines, listeners with limits, answers that say what to do."""
