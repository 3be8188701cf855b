"""What every room stands on: files, texts for a terminal or a sheet. No Keras."""
