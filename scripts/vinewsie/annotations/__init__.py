"""Work on an annotations folder: store, checks, new articles, adjudication, sign-off, build."""
