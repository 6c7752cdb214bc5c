# Data sets and the loader. One name per line, sorted.

datasets_public_headers =

datasets_private_headers =

datasets_sources =
