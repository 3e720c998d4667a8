"""Answers the API calls of the control plane: whose operation it is, and who carries it out."""
