"""The way in: from an upload to stored and graded readings, or to the quarantine."""
