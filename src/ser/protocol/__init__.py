"""Label sets, split rules, the leakage audit and the protocol hash: what is compared with what. Tables in and out."""
