"""Pictures for people and for the vision-language model."""
