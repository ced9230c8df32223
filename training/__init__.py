"""How the built-in model is made. Development only: nothing that ships imports this package."""
