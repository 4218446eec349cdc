"""Readings from an MQTT broker. The topics, payloads and memory here know no framework."""
