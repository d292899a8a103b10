"""The assistant of weeks 9 to 12, in PyTorch."""
