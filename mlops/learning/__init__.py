"""How detectors of assets and shapes of sensors are learnt: from history to a version on duty."""
