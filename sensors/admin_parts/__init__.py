"""What the admin pages of all apps are made of. Importing it registers nothing."""
