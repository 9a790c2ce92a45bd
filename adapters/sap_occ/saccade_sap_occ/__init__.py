"""SAP Commerce OCC v2 as a Saccade adapter: what OCC is, and nothing about proxying."""
