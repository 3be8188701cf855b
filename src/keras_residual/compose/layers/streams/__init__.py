"""The layers that connections of streams are made of; `connect` puts them in place."""
