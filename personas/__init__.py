"""WHO speaks: persona records, their files and cards. Imports nothing else of Attune."""
