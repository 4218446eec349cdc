"""Reading back what was stored: pages, buckets, curves, gaps, windows and bins."""
