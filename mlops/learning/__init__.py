"""How the detector of an asset comes about: from its history to a version on duty."""
