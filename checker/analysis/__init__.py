"""Questions about a specification that are not yes or no: where its states come from."""
