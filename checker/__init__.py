"""Syntax to system to result: what a specification means and the engines that check it."""
