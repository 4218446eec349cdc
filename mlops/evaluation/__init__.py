"""The shipped detectors and forecasters, run through public data sets with their protocols."""
