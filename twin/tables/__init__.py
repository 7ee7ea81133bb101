"""What a column is: name, dtype, unit, meaning. Everything that stores or prints a table derives from here."""
