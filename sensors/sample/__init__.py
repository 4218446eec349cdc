"""A plant to look at, and clients that stream one."""
