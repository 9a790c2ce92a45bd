"""What is wrong with a configuration, and the fix: asked of files, stores and platforms."""
