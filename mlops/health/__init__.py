"""How healthy an asset is, and how soon it will pass a limit."""
