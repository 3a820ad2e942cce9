"""Evaluation harnesses: tasks of inspect-ai and of lm-evaluation-harness, scored by this package.

Both ask a model the question of the extractor ``openai``, and read its answer as that one does, so
that the same answers have the same scores everywhere.
"""
