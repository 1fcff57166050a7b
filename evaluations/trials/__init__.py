"""Trial runs (试算): what a rubric would give on a table of marks or on a past period. Nothing is saved."""
