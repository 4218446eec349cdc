"""The detectors at work: from the new readings of a run to what deviates.

`sensors` carries the detectors of sensors, `assets` those of assets; `stretches` and `rows`
are what they go through, `states` and `asset_states` what they remember between runs.
`shapes` looks back by night, and `unseen` ends what nobody sees any more.
"""
