"""What a run keeps of itself, and how it goes on to the same bits."""
