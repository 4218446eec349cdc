"""Who is told of what, when and how: from an event to the answer of a mail server."""
