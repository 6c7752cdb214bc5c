# The layers: one file each; the catalogue is the only place that lists them for the framework. One name per line, sorted.

layers_public_headers =

layers_private_headers =

layers_sources =
