"""Any REST platform as a Saccade adapter, from one mapping file."""
