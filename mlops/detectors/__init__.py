"""Detectors know numbers only: nothing here may import Django."""
