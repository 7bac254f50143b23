"""Feed-forward neural networks in a nutshell."""
