"""How good were the scores? Pure functions over arrays, checked against figures by hand."""
