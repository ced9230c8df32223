"""The DOORS: command line, web page, HTTP API. Imports assistant, and the records of memory and personas."""
