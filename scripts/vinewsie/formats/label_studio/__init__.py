"""Label Studio's page model, one task a document."""
