"""Lets a robot follow an instruction in words, with a vision-language model and Nav2."""
