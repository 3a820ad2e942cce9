"""Label Studio: the labelling configuration, documents as tasks and back, and a server with
both.
"""
