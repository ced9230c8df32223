"""What is measured, one command each. Development only: nothing imports it, and no data set is kept here."""
