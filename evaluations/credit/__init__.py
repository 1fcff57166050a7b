"""Credit of enterprises and managers: grade schemes, events with a term, the grade on any day. Pure values."""
