"""Getting corpora: where they lie, downloading, safe unpacking, and the receipt that is left."""
