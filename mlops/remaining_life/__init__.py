"""How long an asset has left, learnt from assets of its kind that ran until they failed."""
