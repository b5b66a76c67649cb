"""Asking a vision-language model, and nothing else."""
