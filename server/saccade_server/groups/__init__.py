"""Commands of more than one word, a file each, as light to import as `saccade_server.cli`."""
