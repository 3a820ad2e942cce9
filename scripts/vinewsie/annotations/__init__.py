"""The workbench on the folder of the same name: store, checks, adjudication, build."""
