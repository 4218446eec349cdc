"""What a detector would have said, over stored history. Nothing here touches live state."""
