"""What a Django developer would write first: the baseline that our figures stand beside."""
