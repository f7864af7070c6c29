"""Tests of the specifications that come with the tool."""
