"""What was put aside, worked off by people: the quarantine and the conflicts."""
